from __future__ import annotations

from notifications.domain.updates import releasable


def test_steps_come_out_in_order():
    assert releasable(shown=[], held=[1]) == [1]
    assert releasable(shown=[1], held=[2, 3]) == [2, 3]


def test_a_step_waits_for_the_one_before_it():
    assert releasable(shown=[], held=[2]) == []
    assert releasable(shown=[1], held=[4, 3]) == []
    assert releasable(shown=[1], held=[2, 3, 5]) == [2, 3]


def test_an_update_that_comes_after_its_successors_is_released_at_once():
    assert releasable(shown=[1, 3], held=[2]) == [2]
