"""Errors named after the rule that was broken; the edges render them, nobody else does."""

from collections.abc import Mapping
from typing import ClassVar


class DomainError(Exception):
    """A refusal a person can act on.

    `detail` says what is wrong, `rule` which rule says so, `remedy` what to do next (all Chinese). `field` is the input
    it is about, so that a form can lead there. `extra` holds machine-readable members of the problem document
    (RFC 9457), e.g. `who` may do it, and what is `missing`.
    """

    status: ClassVar[int] = 409
    slug: ClassVar[str] = "refused"
    title: ClassVar[str] = "操作被拒绝"
    rule_of_kind: ClassVar[str] = ""
    """The rule of every refusal of this kind, where one is not named."""

    def __init__(
        self,
        detail: str,
        *,
        rule: str = "",
        remedy: str = "",
        field: str = "",
        extra: Mapping[str, object] | None = None,
    ):
        super().__init__(detail)
        self.detail = detail
        self.rule = rule or self.rule_of_kind
        self.remedy = remedy
        self.extra = dict(extra or {})
        if field:
            self.extra["errors"] = [{"field": field, "message": detail}]


class NotFound(DomainError):
    """It does not exist, or its existence is not this actor's to know."""

    status, slug, title = 404, "not-found", "没有找到"
    rule_of_kind = "只能查看和办理本人权限范围内、仍在办理的事项"


class NotPermitted(DomainError):
    """The actor sees the thing but may not do this to it."""

    status, slug, title = 403, "not-permitted", "没有权限"


class NotAuthenticated(DomainError):
    status, slug, title = 401, "not-authenticated", "请先登录"


class NotForMachines(DomainError):
    """A person's own affair, asked for with a machine's key."""

    status, slug, title = 403, "not-for-machines", "机器密钥不能办理"


class SecondFactorRequired(DomainError):
    """The password is right; the code of the authenticator app is missing."""

    status, slug, title = 401, "second-factor-required", "需要动态口令"


class ProviderUnavailable(DomainError):
    """The office's identity provider cannot be reached or does not answer as one."""

    status, slug, title = 503, "identity-provider-unavailable", "统一身份认证暂时不可用"


class StepUpRequired(DomainError):
    """The operation asks for the password anew (permission table, mark S)."""

    status, slug, title = 403, "step-up-required", "需要再次验证身份"


class TooManyAttempts(DomainError):
    status, slug, title = 429, "too-many-attempts", "尝试次数过多"


class WrongStage(DomainError):
    """The move table knows no such decision where the hazard stands."""

    status, slug, title = 409, "wrong-stage", "当前环节不能办理"


class ClockSkewed(DomainError):
    """This host's clock is off: it must not judge what is late."""

    status, slug, title = 503, "clock-skewed", "时钟不一致"


class Frozen(DomainError):
    """An accident is being investigated; nothing moves."""

    status, slug, title = 409, "frozen", "事故冻结中"


class FourEyes(DomainError):
    """The same person, unit or principal already holds another part of this chain of decisions."""

    status, slug, title = 409, "four-eyes", "须由不同的人办理"


class GateNotMet(DomainError):
    """Something the decision requires is missing: named in `missing`, be it the detail itself."""

    status, slug, title = 422, "gate-not-met", "办理条件不具备"

    def __init__(
        self,
        detail: str,
        *,
        rule: str = "",
        remedy: str = "",
        field: str = "",
        extra: Mapping[str, object] | None = None,
    ):
        named = {"missing": [detail]} | dict(extra or {})
        super().__init__(detail, rule=rule, remedy=remedy, field=field, extra=named)


class InvalidInput(DomainError):
    status, slug, title = 422, "invalid-input", "填写有误"


class StaleVersion(DomainError):
    """Someone changed the hazard since it was read (If-Match)."""

    status, slug, title = 412, "stale-version", "内容已被他人更新"


class VersionRequired(DomainError):
    status, slug, title = 428, "version-required", "缺少版本号"


class KeyRequired(DomainError):
    status, slug, title = 400, "idempotency-key-required", "缺少幂等键"


class KeyReused(DomainError):
    """The same Idempotency-Key arrived with another body."""

    status, slug, title = 422, "idempotency-key-reused", "幂等键已用于其他内容"


class AlreadyClaimed(DomainError):
    status, slug, title = 409, "already-claimed", "已被他人领取"


class AlreadyUrged(DomainError):
    """This person has urged this item today."""

    status, slug, title = 409, "already-urged", "今天已催办"


class LeftOver(DomainError):
    """A hand-over would leave something with a person who goes; nothing was moved. `left_over` lists it."""

    status, slug, title = 409, "left-over", "交接不完整"


class AlreadyDecided(DomainError):
    """Somebody has decided it meanwhile."""

    status, slug, title = 409, "already-decided", "已经办结"


class EvidenceRefused(DomainError):
    """The file is not what it says, too large, or cannot be read safely."""

    status, slug, title = 422, "evidence-refused", "材料不能接收"


class KeyMissing(DomainError):
    """A key file that sealed bytes were sealed under is not there."""

    status, slug, title = 503, "key-missing", "缺少密钥"


class TooLarge(DomainError):
    status, slug, title = 413, "too-large", "内容过大"


class RuleUnknown(DomainError):
    """A rule, calendar or ladder version that this installation does not hold."""

    status, slug, title = 500, "rule-unknown", "规则版本缺失"


class DatabaseUnsafe(DomainError):
    """The database cannot keep the promises, is not migrated, or is newer than the program."""

    status, slug, title = 503, "database-unsafe", "数据库不能使用"
