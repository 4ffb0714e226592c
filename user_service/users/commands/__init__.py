"""The commands of this service: keyword-only functions, one transaction each."""

from users.commands.addresses import add_address, change_address, delete_address
from users.commands.erasure import ask_services, delete_old_receipts, record_receipt, repeat_erasure_requests
from users.commands.exports import (
    delete_expired_exports,
    delete_exports,
    record_contribution,
    repeat_export_requests,
    request_export,
)
from users.commands.mail_tokens import answer_mail_requests, request_mail
from users.commands.passwords import change_password, reset_password
from users.commands.profile import change_profile, delete_account, delete_own_account
from users.commands.registration import mark_verified, register, verify_email
from users.commands.retention import delete_expired
from users.commands.revocation import end_session, end_sessions, end_sign_on, end_sign_ons, sign_out
from users.commands.sessions import note_sign_on_seen, refresh, sign_in, sign_in_staff
from users.commands.staff import create_verified, deactivate, invite_staff, reactivate, set_rights
