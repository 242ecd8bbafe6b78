"""A table of Spark as Arrow batches of text, one partition of it in memory at a time.

Ibis would take a table of Spark through pandas, whole. Here Spark's own workers pack each batch as Arrow bytes, and the
partitions come one after another. Needs pyarrow on the workers, as every use of Arrow in PySpark does.
"""

from __future__ import annotations

from collections.abc import Iterator

import ibis.expr.types as ir
import pyarrow as pa

PACKED = "batch"  # the one column of a row that holds a batch


def as_text(backend, remote: ir.Table, wanted: list[str]) -> pa.RecordBatchReader:
    """The wanted columns as c0, c1, ...: floats as they are, instants in UTC with their `Z`, all else as text."""
    moments = instants(backend, remote)
    chosen = remote.select(**{f"c{i}": _text(remote[c], c in moments) for i, c in enumerate(wanted)})
    rows = backend.raw_sql(backend.compile(chosen)).mapInArrow(_packer(), f"{PACKED} binary")
    schema = pa.schema([(name, pa.float64() if kind.is_floating() else pa.string())
                        for name, kind in chosen.schema().items()])
    return pa.RecordBatchReader.from_batches(schema, _unpacked(rows.toLocalIterator(prefetchPartitions=True), schema))


def instants(backend, remote: ir.Table) -> frozenset[str]:
    """Columns of type TIMESTAMP, which Ibis does not tell from TIMESTAMP_NTZ: instants, and no local times."""
    schema = backend.raw_sql(backend.compile(remote)).schema
    return frozenset(field.name for field in schema if field.dataType.typeName() == "timestamp")


def _text(column: ir.Column, is_instant: bool) -> ir.Column:
    if column.type().is_floating():
        return column.cast("float64")
    text = column.cast("string")
    return text + "Z" if is_instant else text


def _packer():
    """What the workers do. Made within a function, so that Spark sends its code: they need not have this package."""

    def packed(batches):
        import pyarrow as there

        for batch in batches:
            sink = there.BufferOutputStream()
            with there.ipc.new_stream(sink, batch.schema) as out:
                out.write_batch(batch)
            yield there.RecordBatch.from_pydict({"batch": there.array([sink.getvalue().to_pybytes()], there.binary())})

    return packed


def _unpacked(rows: Iterator, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for row in rows:
        for batch in pa.ipc.open_stream(row[PACKED]):
            yield batch.cast(schema)
