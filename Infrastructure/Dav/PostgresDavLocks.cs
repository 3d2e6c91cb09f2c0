using ChunkUpload.Core.Dav;
using ChunkUpload.Core.Storage;
using Dapper;

namespace ChunkUpload.Infrastructure.Dav;

/// <summary>WebDAV locks in PostgreSQL.</summary>
internal sealed class PostgresDavLocks(LedgerCalls calls, Incarnation incarnation) : IDavLocks
{
    static PostgresDavLocks() => LedgerRows.Prepare();

    public async Task<UploadFailure?> LockAsync(
        DavLock wanted, int most, ChangeGuard guard, long? revision, CancellationToken cancellationToken) =>
        FailureOf(await TextAsync(
            DavLockQueries.Lock,
            new
            {
                Incarnation = incarnation.Id,
                wanted.Token,
                wanted.Tenant,
                wanted.Subject,
                Space = wanted.Space.Value,
                Parent = wanted.Parent?.Value,
                wanted.Name,
                wanted.Exclusive,
                wanted.Deep,
                wanted.Owner,
                wanted.Seconds,
                Most = most,
                Guard = GuardJson.Write(guard),
                Revision = revision,
            },
            cancellationToken));

    public async Task<Result<DavLock>> RefreshAsync(
        EntryId space, EntryId? parent, string name, long seconds, ChangeGuard guard, CancellationToken cancellationToken)
    {
        var parameters = new
        {
            Incarnation = incarnation.Id,
            Space = space.Value,
            Parent = parent?.Value,
            Name = name,
            Seconds = seconds,
            Guard = GuardJson.Write(guard),
        };
        var (outcome, token) = await calls.RunAsync(
            (connection, cancel) => connection.QuerySingleAsync<(string Outcome, Guid? Lock)>(
                Command(DavLockQueries.Refresh, parameters, cancel)),
            cancellationToken);
        if (FailureOf(outcome) is { } failure)
            return failure;
        var found = await ListAsync(DavLockQueries.OfToken, new { Token = token }, cancellationToken);
        return found.Count > 0 ? found[0] : LedgerRefusals.OfTree("unmet", null);
    }

    public async Task<UploadFailure?> UnlockAsync(
        EntryId space, EntryId? parent, string name, Guid token, string subject, CancellationToken cancellationToken)
    {
        var sent = false;
        var parameters = new
        {
            Incarnation = incarnation.Id,
            Space = space.Value,
            Parent = parent?.Value,
            Name = name,
            Token = token,
            Subject = subject,
        };
        var outcome = await calls.RunAsync(
            (connection, repeated, cancel) =>
            {
                sent = repeated;
                return connection.ExecuteScalarAsync<string>(Command(DavLockQueries.Unlock, parameters, cancel));
            },
            cancellationToken);
        return sent && outcome == "no_lock" ? null : FailureOf(outcome!);
    }

    public Task<IReadOnlyList<DavLock>> OverAsync(
        EntryId space, EntryId? parent, string name, CancellationToken cancellationToken) =>
        ListAsync(DavLockQueries.Over, new { Space = space.Value, Parent = parent?.Value, Name = name }, cancellationToken);

    public Task<IReadOnlyList<DavLock>> InAsync(EntryId space, EntryId folder, CancellationToken cancellationToken) =>
        ListAsync(DavLockQueries.In, new { Space = space.Value, Folder = folder.Value }, cancellationToken);

    public Task<IReadOnlyList<DavLock>> BelowAsync(EntryId space, EntryId entry, CancellationToken cancellationToken) =>
        ListAsync(DavLockQueries.Below, new { Space = space.Value, Entry = entry.Value }, cancellationToken);

    public async Task<UploadFailure?> FaultAsync(
        EntryId space, EntryId? parent, string name, bool member, ChangeGuard guard, CancellationToken cancellationToken) =>
        FailureOf(await TextAsync(
            DavLockQueries.Fault,
            new { Guard = GuardJson.Write(guard), Space = space.Value, Parent = parent?.Value, Name = name, Member = member },
            cancellationToken));

    public Task UseAsync(Guid request, ChangeGuard guard, CancellationToken cancellationToken)
    {
        var tokens = guard.Tokens.Select(LockToken.Parse).OfType<Guid>().ToArray();
        return calls.RunAsync(
            (connection, cancel) => connection.ExecuteAsync(Command(
                DavLockQueries.Use, new { Request = request, Incarnation = incarnation.Id, Tokens = tokens, guard.Subject }, cancel)),
            cancellationToken);
    }

    public Task ReleaseAsync(Guid request, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, cancel) => connection.ExecuteAsync(Command(DavLockQueries.Release, new { Request = request }, cancel)),
        cancellationToken);

    private static UploadFailure? FailureOf(string? outcome) => outcome is null or "ok" ? null : LedgerRefusals.OfTree(outcome, null);

    private static CommandDefinition Command(string text, object parameters, CancellationToken cancellationToken) =>
        new(text, parameters, cancellationToken: cancellationToken);

    private Task<string?> TextAsync(string text, object parameters, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, cancel) => connection.ExecuteScalarAsync<string?>(Command(text, parameters, cancel)), cancellationToken);

    private Task<IReadOnlyList<DavLock>> ListAsync(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<DavLock>>(
            async (connection, cancel) =>
                [.. (await connection.QueryAsync<DavLockRow>(Command(text, parameters, cancel))).Select(row => row.ToLock())],
            cancellationToken);
}
