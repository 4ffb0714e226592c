"""Checks of every table of durable work, which `testkit.project` passes on: its admin list and its figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from chassis.work.models import WorkItem
from chassis.work.running import work_figures, work_table_of
from testkit.jobs import all_jobs

__all__ = [
    "test_every_table_of_work_counts_in_the_figures",
    "test_trying_again_and_giving_up_need_permissions_of_their_own",
]

ACTIONS = {"try_again": "change", "give_up": "give_up"}


def tables() -> list[Any]:
    return [model for model in apps.get_models() if issubclass(model, WorkItem)]


@pytest.mark.django_db
def test_every_table_of_work_counts_in_the_figures() -> None:
    all_jobs()
    for model in tables():
        work_table_of(model)
    for figure in work_figures():
        assert {sample.labels["work"] for sample in figure.samples} >= {model._meta.model_name for model in tables()}


@pytest.mark.django_db
def test_trying_again_and_giving_up_need_permissions_of_their_own(staff: Callable[..., Client]) -> None:
    """Each table of work has a list with both actions, and neither permission allows the other action."""
    for model in tables():
        label, name = model._meta.app_label, model._meta.model_name
        page = reverse(f"admin:{label}_{name}_changelist")
        allowed = {}
        for permission in ACTIONS.values():
            group = Group.objects.create(name=f"{permission} {name}")
            codenames = [f"view_{name}", f"{permission}_{name}"]
            group.permissions.set(Permission.objects.filter(content_type__app_label=label, codename__in=codenames))
            browser = staff(superuser=False, groups=(group.name,))
            data = {"_selected_action": [str(uuid4())]}
            answers = {action: browser.post(page, {**data, "action": action}).status_code for action in ACTIONS}
            allowed[permission] = {action for action, status in answers.items() if status != 403}
        assert allowed == {permission: {action} for action, permission in ACTIONS.items()}, model._meta.label
