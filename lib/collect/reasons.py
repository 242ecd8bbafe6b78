"""Why a row is not kept, or was repaired: the words of the ledger, and what each means for the reader."""

EQUAL_ROW = "equal to an earlier row"
TWO_CUSTOMERS = "one order under two customers"
CONFLICT = "two rows that contradict each other"
EXCLUDED_ID = "test or excluded id"
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

MEANINGS = {
    EQUAL_ROW: "a copy; counting it would count its money twice",
    TWO_CUSTOMERS: "nobody knows whose order it is",
    CONFLICT: "nobody knows which row holds",
    EXCLUDED_ID: "declared in the product file as no customer",
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
}
# customers leave for one reason, the first of these that applies
CUSTOMER_REASONS = (EXCLUDED_ID, ERASED, MINOR, NO_CONSENT, OBJECTED, UNREADABLE, LATER)
