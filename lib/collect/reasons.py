"""Why a row is not kept, or was repaired: the words of the ledger, and what each means for the reader."""

EQUAL_ROW = "equal to an earlier row"
TWO_CUSTOMERS = "one order under two customers"
CONFLICT = "two rows that contradict each other"
EXCLUDED_ID = "test or excluded id"
VOID = "of a kind declared as not sold"
FUTURE = "after the as-of date"
LATER = "signed up after the as-of date"
EXPIRED = "older than the retention period"
ORPHAN = "id not among the customers"
ERASED = "erased on request"
MINOR = "may be younger than the minimum age"
NO_CONSENT = "without consent for analytics"
OBJECTED = "objected to marketing"
UNREADABLE = "customer record quarantined"
NOT_USABLE = "person did not consent to use"
OLDER_ANSWER = "a later answer of the same wave"
SAME_ANSWERS = "the same answers of the same wave again"
NO_ANSWER = "no question answered"
STRAIGHT = "one answer to every item"
FAST = "faster than a third of the median time"
UNASSIGNED = "outcome without an assignment"
UNFINISHED = "outcome window ends after the as-of date"
RESPELT = "id respelt: spaces or Unicode form"
DECIMAL_ID = "id written as a decimal, read without .0"
CONVERTED = "amount: converted to the product's currency"
FIELDS = "too few or too many fields"
STILL_REFUSED = "not a date as declared, the refusal counts"
OWN_OFFSET = "own time offset, converted"
LATE = "in an hour that the clocks skip, read one later"
TWICE = "in the hour that comes twice, read as winter time"
NEXT_DAY = "24:00, read as the next day"
AT_24 = "24:00, and times_24 is not declared"
FAR_YEARS = 5  # [ours] a date this long after the as-of date is a slip and no later entry
FAR = f"more than {FAR_YEARS} years after the as-of date"
EARLY = "before the customer signed up"

MEANINGS = {
    EQUAL_ROW: "a copy; counting it would count the same thing twice",
    TWO_CUSTOMERS: "nobody knows whose order it is",
    CONFLICT: "nobody knows which row holds",
    EXCLUDED_ID: "declared in the product file as no customer",
    VOID: "cancelled, failed or unpaid: no money came in, so none is counted",
    FUTURE: "nothing after the as-of date is ever read",
    LATER: "not yet a customer on the as-of date",
    EXPIRED: "the declared retention has passed",
    ORPHAN: "the table of customers does not know the id",
    ERASED: "the customer asked to be erased",
    MINOR: "the year of birth does not prove the minimum age",
    NO_CONSENT: "the customer may not be analysed",
    OBJECTED: "an objection to marketing covers profiling for it",
    UNREADABLE: "the customer's own record could not be read",
    NOT_USABLE: "the interview may not be used",
    OLDER_ANSWER: "the respondent answered the same wave again",
    SAME_ANSWERS: "one person would count twice",
    NO_ANSWER: "nothing was said, and nothing is filled in",
    STRAIGHT: "probably answered without reading; left out as declared",
    FAST: "probably answered without reading; left out as declared",
    UNASSIGNED: "nobody was assigned, so nothing was tried",
    UNFINISHED: "the outcome lies in the future",
    RESPELT: "one customer would have become two",
    DECIMAL_ID: "a column of numbers was saved with a blank in it; the other tables have the plain id",
    CONVERTED: "by the declared rates, exactly, to the smallest coin",
    FIELDS: "the line could not be split into columns",
    STILL_REFUSED: "a withdrawal or objection holds whatever its date",
    OWN_OFFSET: "read in the product's time zone",
    LATE: "the clock was not put forward",
    TWICE: "which of the two hours was meant is not known",
    NEXT_DAY: "midnight, as declared",
    AT_24: "either the end of the day or a slip: declare times_24, or correct it",
    FAR: "a slip of the year, so the row is set aside",
    EARLY: "a clock or an id is wrong, so the row is set aside",
}
# customers leave for one reason, the first of these that applies
CUSTOMER_REASONS = (EXCLUDED_ID, ERASED, MINOR, NO_CONSENT, OBJECTED, UNREADABLE, LATER)
OF_A_ROW = (UNREADABLE, LATER)  # of these, the customer's row is at fault and may be mended
