using ChunkUpload.Core.Access;
using ChunkUpload.Infrastructure.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>
/// Second factors in the table of users. A secret with a negative step was shown but not confirmed, so sign-ins do not require it. A code
/// is used by a statement that is not repeated, because a repetition could not distinguish its own success from that of another request.
/// </summary>
internal sealed class PostgresSecondFactorLedger(LedgerCalls calls) : ISecondFactorLedger
{
    private const string Begin = """
        update users set totp = @Secret, totp_step = -1, recovery_codes = '{}'
        where id = @User and (totp is null or totp_step < 0)
        """;

    private const string Confirm = $$"""
        with confirmed as (
            update users set totp_step = @Step, recovery_codes = @Codes
            where id = @User and totp is not null and totp_step < 0 returning 1
        )
        select {{ActParameters.Changed}} from confirmed
        """;

    private const string Use = "update users set totp_step = @Step where id = @User and totp_step >= 0 and totp_step < @Step";

    private const string UseRecoveryCode = $$"""
        with used as (
            update users set recovery_codes = array_remove(recovery_codes, @Code)
            where id = @User and totp_step >= 0 and @Code = any (recovery_codes) returning 1
        )
        select {{ActParameters.Changed}} from used
        """;

    private const string Remove = $$"""
        with removed as (
            update users set totp = null, totp_step = 0, recovery_codes = '{}' where id = @User and totp is not null returning 1
        )
        select {{ActParameters.Changed}} from removed
        """;

    private const string Reset = $$"""
        with removed as (
            update users set totp = null, totp_step = 0, recovery_codes = '{}', password = null
            where id = @User and totp is not null and totp_step >= 0 returning id
        ), ended as (
            update browser_sessions b set revoked_at = now() from removed r where b.user_id = r.id and b.revoked_at is null
        )
        select {{ActParameters.Changed}} from removed
        """;

    public async Task<bool> BeginAsync(Guid user, string secret, CancellationToken cancellationToken) => await calls.RunAsync(
        (connection, stop) => connection.ExecuteAsync(
            new CommandDefinition(Begin, new { User = user, Secret = secret }, cancellationToken: stop)), cancellationToken) == 1;

    public Task<bool> ConfirmAsync(Guid user, long step, IReadOnlyList<byte[]> recoveryCodes, CancellationToken cancellationToken) =>
        ChangeAsync(
            Confirm, new { User = user, Step = step, Codes = recoveryCodes.ToArray() }, "user.second_factor_on", user, cancellationToken);

    public async Task<bool> UseAsync(Guid user, long step, CancellationToken cancellationToken) => await calls.OnceAsync(
        (connection, stop) => connection.ExecuteAsync(
            new CommandDefinition(Use, new { User = user, Step = step }, cancellationToken: stop)), cancellationToken) == 1;

    public Task<bool> UseRecoveryCodeAsync(Guid user, byte[] code, CancellationToken cancellationToken) =>
        ChangeAsync(UseRecoveryCode, new { User = user, Code = code }, "user.recovery_code_used", user, cancellationToken);

    public Task RemoveAsync(Guid user, CancellationToken cancellationToken) =>
        ChangeAsync(Remove, new { User = user }, "user.second_factor_off", user, cancellationToken);

    public Task ResetAsync(Guid user, CancellationToken cancellationToken) =>
        ChangeAsync(Reset, new { User = user }, "user.second_factor_off", user, cancellationToken);

    private Task<bool> ChangeAsync(string text, object parameters, string act, Guid user, CancellationToken cancellationToken) =>
        calls.OnceAsync(
            async (connection, stop) => (await connection.QueryAsync<object>(new CommandDefinition(
                text, ActParameters.Of(parameters, act, Caller.UserSubject(user)), cancellationToken: stop))).Any(),
            cancellationToken);
}
