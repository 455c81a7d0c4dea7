"""Rewards for reporters 举报奖励."""

from pydantic import Field

from models.forms.fields import Form, Text
from models.reward import MOST_YUAN


class RewardProposal(Form):
    """提出奖励."""

    amount_yuan: int = Field(title="奖励金额（元）", strict=True, ge=1, le=MOST_YUAN)
    basis: Text = Field(title="依据", description="奖励标准的文号和条款")
