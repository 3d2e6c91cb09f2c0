using System.Globalization;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Audit;
using Dapper;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Tree;

/// <summary>The versions of files and their policies in PostgreSQL.</summary>
internal sealed class PostgresVersionLedger(LedgerCalls calls, Incarnation incarnation, IOptions<FilesOptions> options) : IVersionLedger
{
    static PostgresVersionLedger() => LedgerRows.Prepare();

    private long Keep => LedgerRows.Seconds(options.Value.KeepDeleted);

    public Task<IReadOnlyList<FileVersion>> ListAsync(EntryId entry, int? before, int limit, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<FileVersion>>(
            async (connection, token) =>
            {
                var parameters = new { Entry = entry.Value, Before = before, Limit = limit, Keep };
                var rows = await connection.QueryAsync<VersionRow>(Command(VersionQueries.List, parameters, token));
                return [.. rows.Select(row => row.ToVersion())];
            },
            cancellationToken);

    public Task<FileVersion?> FindAsync(EntryId entry, int number, CancellationToken cancellationToken) =>
        calls.RunAsync(
            async (connection, token) => (await connection.QuerySingleOrDefaultAsync<VersionRow>(
                Command(VersionQueries.Find, new { Entry = entry.Value, Number = number, Keep }, token)))?.ToVersion(),
            cancellationToken);

    public Task<FileVersionRule> RuleAsync(EntryId entry, CancellationToken cancellationToken) =>
        calls.RunAsync(
            async (connection, token) =>
            {
                var row = await connection.QuerySingleAsync<PolicyRow>(Command(VersionQueries.Rule, new { Entry = entry.Value }, token));
                var policy = row.ToPolicy();
                return new FileVersionRule(policy, policy is not null && row.Folder is { } folder ? new EntryId(folder) : null);
            },
            cancellationToken);

    public Task<UploadFailure?> NameAsync(Entry entry, int number, string? label, CancellationToken cancellationToken) =>
        ChangeAsync(entry, number, label, remove: false, cancellationToken);

    public Task<UploadFailure?> RemoveAsync(Entry entry, int number, CancellationToken cancellationToken) =>
        ChangeAsync(entry, number, null, remove: true, cancellationToken);

    public Task<SpaceVersions> PoliciesAsync(EntryId space, CancellationToken cancellationToken) =>
        calls.RunAsync(
            async (connection, token) =>
            {
                var rows = (await connection.QueryAsync<PolicyRow>(
                    Command(VersionQueries.Policies, new { Space = space.Value }, token))).ToList();
                var totals = await connection.QuerySingleAsync<SpaceVersionsRow>(Command(
                    VersionQueries.SpaceTotals, new { Space = space.Value, Keep, Most = VersionQueries.MostExamined }, token));
                return new SpaceVersions(
                    [.. rows.Where(row => row.Folder != Guid.Empty).Select(row => row.ToFolder())],
                    rows.FirstOrDefault(row => row.Folder == Guid.Empty)?.ToPolicy(),
                    totals.EarlierBytes,
                    totals.IsPartial ? null : new LeavingVersions(totals.Leaving, totals.LeavingBytes));
            },
            cancellationToken);

    public Task<UploadFailure?> SetPolicyAsync(
        EntryId space, EntryId folder, VersionPolicy? policy, string subject, int most, CancellationToken cancellationToken) =>
        DecideAsync(
            VersionQueries.SetPolicy,
            new
            {
                Incarnation = incarnation.Id,
                Space = space.Value,
                Folder = folder.Value,
                policy?.Last,
                Hours = policy?.Hours ?? 0,
                Days = policy?.Days ?? 0,
                Weeks = policy?.Weeks ?? 0,
                policy?.Bytes,
                Subject = subject,
                Most = most,
            },
            cancellationToken);

    public Task SetDefaultAsync(VersionPolicy? policy, CancellationToken cancellationToken) =>
        calls.RunAsync(
            (connection, token) => connection.ExecuteAsync(Command(
                VersionQueries.SetDefault,
                new
                {
                    Incarnation = incarnation.Id,
                    policy?.Last,
                    Hours = policy?.Hours ?? 0,
                    Days = policy?.Days ?? 0,
                    Weeks = policy?.Weeks ?? 0,
                    policy?.Bytes,
                },
                token)),
            cancellationToken);

    private static CommandDefinition Command(string text, object parameters, CancellationToken cancellationToken) =>
        new(text, parameters, cancellationToken: cancellationToken);

    private Task<UploadFailure?> ChangeAsync(Entry entry, int number, string? label, bool remove, CancellationToken cancellationToken) =>
        DecideAsync(
            VersionQueries.Change,
            ActParameters.Of(
                new
                {
                    Incarnation = incarnation.Id,
                    Space = entry.Space.Value,
                    Entry = entry.Id.Value,
                    Number = number,
                    Label = label,
                    Remove = remove,
                },
                remove ? "entry.version_deleted" : label is null ? "entry.version_unnamed" : "entry.version_named",
                entry.Id.ToString(),
                ActParameters.Json(("version", number.ToString(CultureInfo.InvariantCulture)), ("label", label), ("name", entry.Name))),
            cancellationToken);

    private async Task<UploadFailure?> DecideAsync(string text, object parameters, CancellationToken cancellationToken)
    {
        var outcome = await calls.RunAsync(
            (connection, token) => connection.ExecuteScalarAsync<string>(Command(text, parameters, token)), cancellationToken);
        return outcome == "ok" ? null : LedgerRefusals.OfTree(outcome!, null);
    }
}
