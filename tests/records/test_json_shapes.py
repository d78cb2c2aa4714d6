"""What is of another shape than the one that is due is empty."""

from ttpa.records.json_shapes import as_list, as_object, objects_in, properties_of, texts_in


def test_the_shape_that_is_due_is_taken_as_it_is() -> None:
    assert as_object({"a": 1}) == {"a": 1}
    assert as_list([1, "b"]) == [1, "b"]
    assert objects_in([{"a": 1}, 2]) == [{"a": 1}]
    assert texts_in(["a", 2]) == ["a"]
    assert properties_of({"properties": {"a": {"type": "string"}, "b": True}}) == {"a": {"type": "string"}, "b": {}}


def test_another_shape_is_empty() -> None:
    assert (as_object([1]), as_list({"a": 1}), objects_in("a"), texts_in(None)) == ({}, [], [], [])
    assert properties_of({"properties": [1]}) == properties_of(None) == {}
