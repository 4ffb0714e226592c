"""Registration, sign-in, sign-out and passwords."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chassis.http.api import parsed
from chassis.http.authentication import BearerAuthentication, client_ip
from chassis.http.refusals import raises
from users.api import serializers as shapes
from users.api.permissions import InLiveSession, customer
from users.commands import mail_tokens, passwords, registration, revocation, sessions
from users.domain.accounts import MailPurpose, MailTokenNotValid, SignInRefused, WeakPassword, WrongPassword
from users.domain.sessions import ACCESS_TOKEN, EndReason, RefreshTokenNotValid
from users.domain.throttling import TooManyAttempts

ACCEPTED = {"detail": "Thank you. If there is something to do, you will find a mail from us."}


class PublicView(APIView):
    """A view for visitors; it ignores tokens."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


def _session_of(request: Request) -> str:
    """Return the session of the request's access token, or "" without a valid one."""
    try:
        caller = BearerAuthentication().authenticate(request)
    except AuthenticationFailed:
        return ""
    return caller[0].session_id if caller else ""


def accepted() -> Response:
    """Return the answer that is the same with and without an account."""
    return Response(ACCEPTED, status=202)


def tokens_response(tokens: sessions.Tokens) -> Response:
    """Return the tokens, uncacheable (RFC 6749, 5.1)."""
    body = {
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": int(ACCESS_TOKEN.total_seconds()),
        "refresh_token": tokens.refresh_token,
        "refresh_expires_at": tokens.refresh_expires_at,
        "session_id": tokens.session_id,
    }
    return Response(body, headers={"Cache-Control": "no-store"})


class Register(PublicView):
    """Create an account. A mail with a link to verify the address follows.

    The answer is the same if an account with this address exists; then its owner gets a mail.
    """

    @extend_schema(tags=["auth"], request=shapes.RegisterInput, responses={202: shapes.AcceptedOutput})
    @raises(WeakPassword, TooManyAttempts)
    def post(self, request: Request) -> Response:
        asked = parsed(shapes.RegisterInput, request)
        registration.register(client=client_ip(request), now=timezone.now(), **asked)
        return accepted()


class Verify(PublicView):
    """Verify the e-mail address with the token from the mail.

    If somebody has signed in to the account already, also send the access token of that session. Without it the
    account is cleared (password, sessions, addresses, profile), because somebody else may have filled it, and a
    password reset link is mailed.
    """

    @extend_schema(tags=["auth"], request=shapes.MailTokenInput, responses={204: None})
    @raises(MailTokenNotValid)
    def post(self, request: Request) -> Response:
        asked = parsed(shapes.MailTokenInput, request)
        registration.verify_email(session_id=_session_of(request), now=timezone.now(), **asked)
        return Response(status=204)


class ResendVerification(PublicView):
    """Request another verification mail. The answer is the same for every address."""

    @extend_schema(tags=["auth"], request=shapes.EmailInput, responses={202: shapes.AcceptedOutput})
    @raises(TooManyAttempts)
    def post(self, request: Request) -> Response:
        asked = parsed(shapes.EmailInput, request)
        mail_tokens.request_mail(
            purpose=MailPurpose.VERIFY_EMAIL, client=client_ip(request), now=timezone.now(), **asked
        )
        return accepted()


class ObtainToken(PublicView):
    """Sign in: an access token for five minutes and a refresh token."""

    @extend_schema(tags=["auth"], request=shapes.TokenInput, responses={200: shapes.TokensOutput})
    @raises(SignInRefused, TooManyAttempts)
    def post(self, request: Request) -> Response:
        asked = parsed(shapes.TokenInput, request)
        agent = "".join(each for each in request.headers.get("User-Agent", "") if each.isprintable())
        tokens = sessions.sign_in(client=client_ip(request), user_agent=agent, now=timezone.now(), **asked)
        return tokens_response(tokens)


class RefreshToken(PublicView):
    """Exchange a refresh token, which is valid once, for a new pair of tokens.

    If the answer was lost, ask again within ten seconds to get the same refresh token again. A later repeat counts
    as theft and ends the session.
    """

    @extend_schema(tags=["auth"], request=shapes.RefreshInput, responses={200: shapes.TokensOutput})
    @raises(RefreshTokenNotValid)
    def post(self, request: Request) -> Response:
        return tokens_response(sessions.refresh(now=timezone.now(), **parsed(shapes.RefreshInput, request)))


class SignOut(PublicView):
    """End the session of this refresh token. An unknown one changes nothing."""

    @extend_schema(tags=["auth"], request=shapes.RefreshInput, responses={204: None})
    def post(self, request: Request) -> Response:
        revocation.sign_out(now=timezone.now(), **parsed(shapes.RefreshInput, request))
        return Response(status=204)


class SignOutEverywhere(APIView):
    """End all sessions of the account, this one too."""

    permission_classes = (InLiveSession,)

    @extend_schema(tags=["auth"], request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        revocation.end_sessions(
            user_id=customer(request).id, reason=EndReason.SIGNED_OUT_EVERYWHERE, now=timezone.now()
        )
        return Response(status=204)


class ChangePassword(APIView):
    """Choose a new password. All other sessions end."""

    permission_classes = (InLiveSession,)

    @extend_schema(tags=["auth"], request=shapes.ChangePasswordInput, responses={204: None})
    @raises(WrongPassword, WeakPassword, TooManyAttempts)
    def post(self, request: Request) -> Response:
        asked = parsed(shapes.ChangePasswordInput, request)
        passwords.change_password(
            user_id=customer(request).id,
            session_id=UUID(customer(request).session_id),
            current=asked["current_password"],
            new=asked["new_password"],
            client=client_ip(request),
            now=timezone.now(),
        )
        return Response(status=204)


class RequestPasswordReset(PublicView):
    """Request a mail with a link to choose a new password. The answer is the same for every address."""

    @extend_schema(tags=["auth"], request=shapes.EmailInput, responses={202: shapes.AcceptedOutput})
    @raises(TooManyAttempts)
    def post(self, request: Request) -> Response:
        asked = parsed(shapes.EmailInput, request)
        mail_tokens.request_mail(
            purpose=MailPurpose.RESET_PASSWORD, client=client_ip(request), now=timezone.now(), **asked
        )
        return accepted()


class ConfirmPasswordReset(PublicView):
    """Choose a new password with the token from the mail. All sessions end."""

    @extend_schema(tags=["auth"], request=shapes.ResetPasswordInput, responses={204: None})
    @raises(MailTokenNotValid, WeakPassword)
    def post(self, request: Request) -> Response:
        asked = parsed(shapes.ResetPasswordInput, request)
        passwords.reset_password(token=asked["token"], new=asked["new_password"], now=timezone.now())
        return Response(status=204)
