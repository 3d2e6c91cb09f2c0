using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Storage;
using Dapper;

namespace ChunkUpload.Infrastructure.Connections;

/// <summary>Sign-ins by a code in PostgreSQL. Every statement may be repeated.</summary>
internal sealed class PostgresDeviceSignInLedger(LedgerCalls calls, Incarnation incarnation) : IDeviceSignInLedger
{
    private const string Begin = """
        with old as (
            delete from device_sign_ins d
            where d.kept_until < now() or d.id in (
                select o.id from device_sign_ins o
                where o.tenant = @Tenant and o.subject = @Subject and o.id <> @Id
                order by o.expires_at desc
                offset @Most - 1
            )
        )
        insert into device_sign_ins (id, tenant, subject, incarnation, expires_at, kept_until)
        values (@Id, @Tenant, @Subject, @Incarnation, @ExpiresAt, @KeptUntil)
        on conflict do nothing
        """;

    private const string Find = """
        select d.expires_at as "ExpiresAt", d.ended_at is not null as "HasEnded", d.connection as "Connection", d.again as "Again",
               d.fault as "Fault"
        from device_sign_ins d left join incarnations i on i.id = d.incarnation
        where d.id = @Id and d.tenant = @Tenant and d.subject = @Subject and d.kept_until > now()
          and (d.ended_at is not null or (i.fenced_at is null and i.ended_at is null))
        """;

    private const string IsOpen = "select exists (select from device_sign_ins where id = @Id)";

    private const string End = """
        update device_sign_ins set ended_at = now(), connection = @Connection, again = @Again, fault = @Fault
        where id = @Id and ended_at is null
        """;

    private const string Remove = """
        with removed as (delete from device_sign_ins where id = @Id and tenant = @Tenant and subject = @Subject returning id)
        select exists (select from removed)
        """;

    public Task BeginAsync(DeviceSignIn signIn, int most, DateTimeOffset keptUntil, CancellationToken cancellationToken) => RunAsync(
        Begin,
        new
        {
            signIn.Id,
            signIn.Purpose.Tenant,
            signIn.Purpose.Subject,
            Incarnation = incarnation.HasBegun ? incarnation.Id : (long?)null,
            ExpiresAt = signIn.ExpiresAt.UtcDateTime,
            KeptUntil = keptUntil.UtcDateTime,
            Most = most,
        },
        cancellationToken);

    public Task<DeviceSignInState?> FindAsync(string tenant, string subject, Guid id, CancellationToken cancellationToken) =>
        calls.RunAsync(
            async (connection, stop) => (await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
                Find, new { Id = id, Tenant = tenant, Subject = subject }, cancellationToken: stop)))?.ToState(),
            cancellationToken);

    public Task<bool> IsOpenAsync(Guid id, CancellationToken cancellationToken) => AskAsync(IsOpen, new { Id = id }, cancellationToken);

    public Task EndAsync(Guid id, ConnectionSignInEnd end, CancellationToken cancellationToken) => RunAsync(
        End, new { Id = id, end.Connection, end.Again, Fault = end.Fault?.ToString() }, cancellationToken);

    public Task<bool> RemoveAsync(string tenant, string subject, Guid id, CancellationToken cancellationToken) =>
        AskAsync(Remove, new { Id = id, Tenant = tenant, Subject = subject }, cancellationToken);

    private Task<int> RunAsync(string text, object parameters, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteAsync(new CommandDefinition(text, parameters, cancellationToken: stop)), cancellationToken);

    private Task<bool> AskAsync(string text, object parameters, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<bool>(new CommandDefinition(text, parameters, cancellationToken: stop)),
        cancellationToken);

    private sealed class Row
    {
        public DateTime ExpiresAt { get; set; }
        public bool HasEnded { get; set; }
        public Guid? Connection { get; set; }
        public bool Again { get; set; }
        public string? Fault { get; set; }

        public DeviceSignInState ToState() => new(
            LedgerRows.Utc(ExpiresAt),
            HasEnded
                ? new ConnectionSignInEnd(Connection, Again, Fault is null ? null : Enum.Parse<ConnectionSignInFault>(Fault))
                : null);
    }
}
