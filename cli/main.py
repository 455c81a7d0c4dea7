"""The command line: `hazardflow …`."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.console import console, now, open_database, plainly, stop

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="重大事故隐患督办销号"
)
audit_app = typer.Typer(no_args_is_help=True, help="校验历史、导出审计包")
app.add_typer(audit_app, name="audit")
process_app = typer.Typer(help="流程文档、流程图")
app.add_typer(process_app, name="process")


class DiagramForm(StrEnum):
    """What the diagram is written as."""

    MERMAID = "mermaid"
    BPMN = "bpmn"


@app.command()
def up() -> None:
    """启动全部服务（网页与接口、Prefect、派发、工作进程），数据放在一个目录下。"""
    from cli.everything import run_everything

    with plainly():
        run_everything()


@app.command()
def api() -> None:
    """只启动接口与网页。"""
    from cli import processes
    from settings import settings

    with plainly():
        processes.require_free_port(settings().host, settings().port)
        processes.become(processes.api(settings()))


@app.command()
def dispatch() -> None:
    """只启动派发进程（通知、督办、检查点）。"""
    from cli import processes
    from settings import settings

    with plainly():
        processes.become(processes.dispatcher(settings()))


@app.command()
def worker() -> None:
    """只启动 Prefect 工作进程（定时补办）。"""
    from cli.worker import run_worker

    with plainly():
        run_worker()


@app.command()
def migrate() -> None:
    """建立或升级数据库，并装入出厂规则、日历和判定标准。"""
    from cli.migration import migrate_database

    with plainly():
        migrate_database()
        console.print("数据库已是最新版本。")


@app.command("create-admin")
def create_admin(
    login: Annotated[str, typer.Argument(help="登录名")], name: Annotated[str, typer.Argument(help="姓名")]
) -> None:
    """登记系统管理员，并打印设置密码用的一次性令牌。"""
    from datetime import timedelta

    from models.engine import writing
    from models.permissions import Role
    from services import accounts, organization
    from settings import settings

    with plainly(), writing(open_database()) as session, session.begin():
        person = organization.add_person(session, name=name, by=None, at=now())
        organization.grant_role(session, person, Role.AD, unit=None, by=None, at=now())
        minutes = settings().invitation_minutes
        token = accounts.invite(session, person, login, by=None, at=now(), valid=timedelta(minutes=minutes))
    console.print(f"一次性令牌（{minutes}分钟内有效，只显示这一次）：")
    print(token)  # noqa: T201  # alone on its line, for scripts


@app.command("finance-token")
def print_finance_token() -> None:
    """打印财政窗口令牌：兑付举报奖励时出示，换用时删除密钥目录中的 finance.key。"""
    from services.keys import finance_token
    from settings import settings

    with plainly():
        print(finance_token(settings().key_dir))  # noqa: T201  # alone on its line, for scripts


@app.command()
def permissions(count: Annotated[bool, typer.Option("--count", help="只打印操作数")] = False) -> None:
    """打印权限表。"""
    from cli.tables import permission_table
    from models.permissions import PERMISSIONS

    console.print(len(PERMISSIONS) if count else permission_table())


@process_app.callback(invoke_without_command=True)
def process(
    context: typer.Context,
    permissions: Annotated[bool, typer.Option("--permissions", help="改为打印权限表文档")] = False,
) -> None:
    """打印流程文档（docs/process.md 由此生成）。"""
    from cli.process_docs import permissions_markdown, process_markdown

    if context.invoked_subcommand is None:
        sys.stdout.write(permissions_markdown() if permissions else process_markdown())


@process_app.command("export")
def process_export(
    form: Annotated[DiagramForm, typer.Option("--format", help="bpmn 或 mermaid")] = DiagramForm.BPMN,
    out: Annotated[Path | None, typer.Option(help="写到哪里，缺省为打印")] = None,
) -> None:
    """导出流程图：BPMN 2.0（含布局，可用任何建模工具打开）或 Mermaid。"""
    from cli.process_bpmn import process_bpmn
    from cli.process_docs import process_mermaid

    text = process_bpmn() if form is DiagramForm.BPMN else process_mermaid()
    with plainly():
        if out:
            out.write_text(text, encoding="utf-8")
        else:
            sys.stdout.write(text)


@app.command()
def report(
    file: Annotated[
        Path, typer.Argument(help="JSON 或 JSON Lines 文件，内容同接口的上报", exists=True, dir_okay=False)
    ],
    url: Annotated[str, typer.Option(help="服务地址，缺省取设置")] = "",
    key: Annotated[str, typer.Option(envvar="HAZARDFLOW_KEY", help="机器密钥或会话令牌")] = "",
) -> None:
    """批量上报隐患，每条打印一行结果；重复运行不会重复登记。"""
    from cli.reporting import report_file

    with plainly():
        sys.exit(report_file(file, url=url, key=key))


@audit_app.command("verify")
def audit_verify(
    anchor: Annotated[list[Path], typer.Option(help="以前留存的检查点文件")] = [],  # noqa: B006  # typer reads it, nobody changes it
    bundle: Annotated[Path | None, typer.Option(help="核验一个审计包而不是数据库")] = None,
) -> None:
    """校验历史。退出码：0 相符，1 有改动，2 不完整，3 密钥，4 倒退。"""
    from cli.auditing import verify

    with plainly():
        sys.exit(verify(anchor, bundle))


@audit_app.command("bundle")
def audit_bundle(
    hazard: Annotated[str, typer.Option(help="隐患编号")],
    out: Annotated[Path | None, typer.Option(help="写到哪里，缺省为 编号.zip")] = None,
) -> None:
    """导出一个隐患的审计包，可离线核验。"""
    from cli.auditing import bundle

    with plainly():
        bundle(hazard, out or Path(f"{hazard}.zip"))


@app.command()
def backup(target: Annotated[Path, typer.Argument(help="备份写到哪里（.tar.gz）")]) -> None:
    """备份数据库、佐证材料和密钥，可在服务运行时进行。"""
    from cli.backups import make_backup

    with plainly():
        make_backup(target)


@app.command()
def restore(source: Annotated[Path, typer.Argument(help="备份文件", exists=True, dir_okay=False)]) -> None:
    """恢复备份到空的数据目录，并校验历史。"""
    from cli.backups import restore_backup

    with plainly():
        sys.exit(restore_backup(source))


@app.command()
def demo(url: Annotated[str, typer.Option(help="运行中的服务地址，缺省取设置")] = "") -> None:
    """在运行中的服务上演示：临江镇、真实案例、永州粉尘案从上报到销号、一件逾期升级。"""
    from cli.demo import run_demo

    with plainly():
        sys.exit(run_demo(url))


@app.command()
def doctor() -> None:
    """检查本机设置、数据库、端口和数据目录。"""
    from cli.doctor import examine

    sys.exit(examine())


def main() -> None:
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    try:
        app()
    except KeyboardInterrupt:
        stop("已中断。", 130)


if __name__ == "__main__":
    main()
