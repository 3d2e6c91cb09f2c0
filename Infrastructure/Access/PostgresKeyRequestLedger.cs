using ChunkUpload.Core.Access;
using ChunkUpload.Infrastructure.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>Requests of programs for keys, in PostgreSQL.</summary>
internal sealed class PostgresKeyRequestLedger(LedgerCalls calls) : IKeyRequestLedger
{
    // The lock prevents concurrent requests from exceeding the limit.
    private const string Add = """
        select 1 from (select pg_advisory_xact_lock(hashtext('key_requests'))) locked;
        delete from key_requests where expires_at < @CreatedAt - interval '1 day';
        insert into key_requests (id, code, device, program, machine, address, scopes, redirect, state, created_at, expires_at, pause,
            network)
        select @Id, @Code, @Device, @Program, @Machine, @Address, @Scopes, @Redirect, @State, @CreatedAt, @ExpiresAt, @Pause,
               @Network
        where (select count(*) from key_requests where ended is null and expires_at > @CreatedAt) < @Most
              and (select count(*) from key_requests where ended is null and expires_at > @CreatedAt and network = @Network)
                  < @MostOfNetwork
        on conflict do nothing returning true
        """;

    private const string Columns = """
        select id as "Id", code as "Code", program as "Program", machine as "Machine", address as "Address", scopes as "Scopes",
               created_at as "CreatedAt", expires_at as "ExpiresAt", redirect as "Redirect", state as "State", ended as "Ended",
               pause as "Pause", tenant as "Tenant", user_id as "User", made_by as "MadeBy", key_scopes as "KeyScopes",
               key_ends_at as "KeyEndsAt"
        from key_requests
        """;

    private const string FindByCode = $"{Columns} where code = @Code and ended is null and expires_at > @Now";

    private const string FindByDevice = $"{Columns} where device = @Device";

    private const string Asked = """
        with before as (select asked_at, pause from key_requests where id = @Id for update)
        update key_requests r
        set asked_at = @Now,
            pause = b.pause + case when b.asked_at + make_interval(secs => b.pause - 1) > @Now then @Longer else 0 end
        from before b where r.id = @Id
        returning coalesce(b.asked_at + make_interval(secs => b.pause - 1) <= @Now, true)
        """;

    private const string Failed = """
        update key_requests set tries = tries + 1, ended = case when tries + 1 >= @Most then 'refused' end where id = @Id and ended is null
        """;

    private const string Confirm = $"""
        with confirmed as (
            update key_requests
            set ended = 'confirmed', tenant = @Tenant, user_id = @User, made_by = @MadeBy, key_scopes = @Scopes, key_ends_at = @EndsAt,
                grant_sha256 = @Grant
            where id = @Id and ended is null and expires_at > @Now returning 1
        )
        select {ActParameters.Noted} from confirmed
        """;

    private const string Refuse = $"""
        with refused as (update key_requests set ended = 'refused' where id = @Id and ended is null returning 1)
        select {ActParameters.Noted} from refused
        """;

    private const string Take = $"""
        with granted as (
            update key_requests set ended = 'taken', key = @Key
            where id = @Id and ended = 'confirmed' and grant_sha256 is not distinct from @Grant
            returning *
        ), added as (
            insert into api_keys (id, tenant, user_id, name, prefix, scopes, made_by, expires_at)
            select @Key, g.tenant, g.user_id, @Name, @Prefix, g.key_scopes, g.made_by, g.key_ends_at from granted g returning id, tenant
        ), secret as (
            insert into api_key_secrets (sha256, key) select @Secret, id from added
        )
        select {ActParameters.ChangedInTenant} from added
        """;

    private const string TakeAgain = """
        with again as (
            select k.id from key_requests r join api_keys k on k.id = r.key
            where r.id = @Id and r.ended = 'taken' and r.grant_sha256 is not distinct from @Grant and k.used_at is null
              and k.revoked_at is null
            for update of k
        ), shown as (
            update api_keys set prefix = @Prefix where id = (select id from again)
        )
        update api_key_secrets set sha256 = @Secret where key = (select id from again) returning true
        """;

    public Task<bool> AddAsync(
        KeyRequest request, byte[] device, string network, int most, int mostOfNetwork, CancellationToken cancellationToken) => TrueAsync(
        Add,
        new
        {
            request.Id,
            request.Code,
            Device = device,
            request.Program,
            request.Machine,
            request.Address,
            Scopes = (int)request.Scopes,
            request.Redirect,
            request.State,
            CreatedAt = request.CreatedAt.UtcDateTime,
            ExpiresAt = request.ExpiresAt.UtcDateTime,
            Pause = (int)request.Pause.TotalSeconds,
            Network = network,
            Most = most,
            MostOfNetwork = mostOfNetwork,
        },
        cancellationToken);

    public Task<KeyRequest?> FindAsync(string code, DateTimeOffset now, CancellationToken cancellationToken) =>
        SingleAsync(FindByCode, new { Code = code, Now = now.UtcDateTime }, cancellationToken);

    public Task<KeyRequest?> FindAsync(byte[] device, CancellationToken cancellationToken) =>
        SingleAsync(FindByDevice, new { Device = device }, cancellationToken);

    public Task<bool> AskedAsync(Guid id, DateTimeOffset now, TimeSpan longer, CancellationToken cancellationToken) => TrueAsync(
        Asked, new { Id = id, Now = now.UtcDateTime, Longer = (int)longer.TotalSeconds }, cancellationToken);

    public Task FailedAsync(Guid id, int most, CancellationToken cancellationToken) =>
        calls.OnceAsync(
            (connection, stop) => connection.ExecuteAsync(
                new CommandDefinition(Failed, new { Id = id, Most = most }, cancellationToken: stop)),
            cancellationToken);

    public Task<bool> ConfirmAsync(
        KeyRequest request, GrantedKey key, byte[]? grant, DateTimeOffset now, CancellationToken cancellationToken) => HasRowAsync(
            Confirm,
            ActParameters.Of(
                new
                {
                    request.Id,
                    key.Tenant,
                    key.User,
                    key.MadeBy,
                    Scopes = (int)key.Scopes,
                    EndsAt = key.EndsAt?.UtcDateTime,
                    Grant = grant,
                    Now = now.UtcDateTime,
                },
                "key_request.confirmed", null, Facts(request), key.Tenant),
            cancellationToken);

    public Task<bool> RefuseAsync(KeyRequest request, CancellationToken cancellationToken) => HasRowAsync(
        Refuse, ActParameters.Of(new { request.Id }, "key_request.refused", null, Facts(request)), cancellationToken);

    public async Task<bool> TakeAsync(
        KeyRequest request, byte[]? grant, Guid key, string name, string prefix, byte[] secret, CancellationToken cancellationToken)
    {
        var parameters = new { request.Id, Grant = grant, Key = key, Name = name, Prefix = prefix, Secret = secret };
        return await HasRowAsync(
                Take,
                ActParameters.Of(
                    parameters, "key.added", Caller.KeySubject(key),
                    ActParameters.Json(("name", name), ("prefix", prefix), ("scopes", request.Granted?.Scopes.ToString()))),
                cancellationToken)
            || await TrueAsync(TakeAgain, parameters, cancellationToken);
    }

    private static string Facts(KeyRequest request) =>
        ActParameters.Json(("program", request.Program), ("machine", request.Machine), ("address", request.Address));

    private Task<KeyRequest?> SingleAsync(string text, object parameters, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) => (await connection.QuerySingleOrDefaultAsync<Row>(
            new CommandDefinition(text, parameters, cancellationToken: stop)))?.ToRequest(),
        cancellationToken);

    // The statements are not repeated, because a repetition could not distinguish its own success from that of another request.
    private Task<bool> HasRowAsync(string text, DynamicParameters parameters, CancellationToken cancellationToken) => calls.OnceAsync(
        async (connection, stop) =>
            (await connection.QueryAsync<object>(new CommandDefinition(text, parameters, cancellationToken: stop))).Any(),
        cancellationToken);

    private Task<bool> TrueAsync(string text, object parameters, CancellationToken cancellationToken) => calls.OnceAsync(
        async (connection, stop) =>
        {
            await using var results = await connection.QueryMultipleAsync(
                new CommandDefinition(text, parameters, cancellationToken: stop));
            var value = false;
            while (!results.IsConsumed)
            {
                var last = (await results.ReadAsync<object>()).LastOrDefault();
                value = last is IDictionary<string, object> row && row.Values.First() is true;
            }

            return value;
        },
        cancellationToken);

    private sealed class Row
    {
        public Guid Id { get; set; }
        public string Code { get; set; } = "";
        public string Program { get; set; } = "";
        public string? Machine { get; set; }
        public string? Address { get; set; }
        public int Scopes { get; set; }
        public DateTime CreatedAt { get; set; }
        public DateTime ExpiresAt { get; set; }
        public string? Redirect { get; set; }
        public string? State { get; set; }
        public string? Ended { get; set; }
        public int Pause { get; set; }
        public string? Tenant { get; set; }
        public Guid? User { get; set; }
        public string? MadeBy { get; set; }
        public int? KeyScopes { get; set; }
        public DateTime? KeyEndsAt { get; set; }

        public KeyRequest ToRequest() => new(
            Id, Code, Program, Machine, Address, (Scopes)Scopes, LedgerRows.Utc(CreatedAt), LedgerRows.Utc(ExpiresAt))
        {
            Redirect = Redirect,
            State = State,
            Pause = TimeSpan.FromSeconds(Pause),
            End = Ended switch
            {
                "confirmed" => KeyRequestEnd.Confirmed,
                "refused" => KeyRequestEnd.Refused,
                "taken" => KeyRequestEnd.Taken,
                _ => null,
            },
            Granted = Tenant is null || MadeBy is null || KeyScopes is not { } scopes
                ? null
                : new GrantedKey(Tenant, User, MadeBy, (Scopes)scopes, LedgerRows.Utc(KeyEndsAt)),
        };
    }
}
