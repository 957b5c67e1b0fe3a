import pytest

from gateways.tracking import is_valid_ups_tracking, ups_check_digit


def test_the_check_digit_of_a_known_ups_number_fits() -> None:
    assert ups_check_digit("999AA1012345678") == "4"
    assert is_valid_ups_tracking("1Z999AA10123456784")


@pytest.mark.parametrize(
    "number", ["1Z999AA10123456785", "1Z999AA1012345678", "1z999aa10123456784", "2Z999AA10123456784", ""]
)
def test_a_number_of_another_shape_or_digit_is_no_ups_number(number: str) -> None:
    assert not is_valid_ups_tracking(number)


def test_a_check_digit_needs_fifteen_characters() -> None:
    with pytest.raises(ValueError, match="15 letters or digits"):
        ups_check_digit("999")
