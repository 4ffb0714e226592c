from django.apps import AppConfig
from django.db.models.signals import post_migrate


class UsersConfig(AppConfig):
    name = "users"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from chassis import revocation
        from chassis.jwt import use_own_keys
        from users.providers.keys import OwnKeys
        from users.queries import session_has_ended

        use_own_keys(OwnKeys())
        revocation.use_own_sessions(session_has_ended)
        post_migrate.connect(_grant, sender=self, dispatch_uid="staff_groups")  # ours is the last app


def _grant(**_: object) -> None:
    from chassis.staff.groups import grant_permissions

    grant_permissions()
