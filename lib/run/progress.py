"""How far a batch is: bars on a terminal, plain log lines elsewhere; and the table at its end."""

from __future__ import annotations

import os
import sys
import time

from tqdm import tqdm

from lib.run.order import STEPS
from lib.run.outcome import PUBLISHED, REFUSED, Outcome

BAR = "{desc:<48}|{bar:20}| {elapsed}"
FEWEST_LINES = 4  # of a terminal that can show bars; some say that they have none


class Progress:
    """Told by the supervisor; writes to standard error, so that standard output stays for machines."""

    def __init__(self, stream=sys.stderr):
        self.stream, self.bars, self.step = stream, {}, {}
        self.live = stream.isatty() and os.get_terminal_size(stream.fileno()).lines >= FEWEST_LINES

    def cell(self, product: str, event: dict) -> None:
        """A cell of a product is about to run."""
        where = f"{event['number']}/{len(STEPS)}"
        if self.live:
            said = f"{product} {where} {event['step'][3:]}, cell {event['cell'] + 1}/{event['cells']}"
            bar = self._bar(product, said)
            bar.n = event["number"] - 1 + event["cell"] / max(event["cells"], 1)
            bar.set_description_str(said)
        elif self.step.get(product) != event["step"]:
            self._line(product, f"{where} {event['step']}")
        self.step[product] = event["step"]

    def placed(self, product: str, host: str) -> None:
        """A run has begun on a machine of the cluster."""
        if not self.live:
            self._line(product, f"on {host}")

    def cold(self, product: str, reason: str) -> None:
        """A product's kernels start one by one, which takes longer."""
        self._remark(product, f"each kernel starts anew, which takes longer: {reason}")

    def slow(self, product: str, reason: str) -> None:
        """From this product on, each imports the libraries itself."""
        self._remark(product, f"the libraries are imported anew for each product, which takes longer: {reason}")

    def ended(self, outcome: Outcome) -> None:
        """A product is done, one way or another."""
        text = f"{outcome.state} after {outcome.seconds:.0f} s" + (f": {outcome.cause}" if outcome.cause else "")
        if not self.live:
            self._line(outcome.product, text)
        elif bar := self.bars.pop(outcome.product, None):
            bar.n = len(STEPS) if outcome.state in (PUBLISHED, REFUSED) else bar.n
            bar.set_description_str(f"{outcome.product} {outcome.state}")
            bar.close()

    def close(self) -> None:
        for bar in self.bars.values():
            bar.close()

    def _bar(self, product: str, said: str) -> tqdm:
        if product not in self.bars:
            self.bars[product] = tqdm(total=len(STEPS), desc=said, bar_format=BAR, file=self.stream, dynamic_ncols=True)
        return self.bars[product]

    def _remark(self, product: str, text: str) -> None:
        if self.live:
            tqdm.write(f"{product}: {text}", file=self.stream)
        else:
            self._line(product, text)

    def _line(self, product: str, text: str) -> None:
        self.stream.write(f"{time.strftime('%H:%M:%S')} {product}: {text}\n")
        self.stream.flush()


def table(outcomes: list[Outcome]) -> str:
    """One row a product: state and minutes; below it the cause, what to do, and where the report or the log is."""
    lines = [f"{'product':<24} {'as of':<10} {'state':<11} {'min':>5}  report"]
    for o in outcomes:
        lines.append(f"{o.product:<24} {o.as_of:<10} {o.state:<11} {o.seconds / 60:>5.1f}  {o.report or '-'}")
        where = o.step and f"at {o.step}: "
        lines += [f"    {where}{o.cause}"] if o.cause else []
        lines += [f"    {o.fix}"] if o.fix else []
        lines += [f"    see {o.log}"] if o.log else []
    return "\n".join(lines)
