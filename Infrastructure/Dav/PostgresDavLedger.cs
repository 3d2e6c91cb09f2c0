using System.Data.Common;
using ChunkUpload.Core.Dav;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Tree;
using Dapper;

namespace ChunkUpload.Infrastructure.Dav;

/// <summary>The ledger of WebDAV in PostgreSQL.</summary>
internal sealed class PostgresDavLedger(LedgerCalls calls, Incarnation incarnation) : IDavLedger
{
    static PostgresDavLedger() => LedgerRows.Prepare();

    public async Task<DavMember?> MemberAsync(EntryId entry, CancellationToken cancellationToken)
    {
        var found = await MembersAsync(DavQueries.Member, new { Entry = entry.Value }, cancellationToken);
        return found.Count == 0 ? null : found[0];
    }

    public Task<IReadOnlyList<DavMember>> MembersAsync(
        EntryId folder, string? after, int limit, CancellationToken cancellationToken) =>
        MembersAsync(
            DavQueries.Members(first: after is null), new { Folder = folder.Value, After = after, Limit = limit }, cancellationToken);

    public Task BeginCopyAsync(Place beside, string subject, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, token) => connection.ExecuteAsync(Command(
            DavQueries.BeginCopy,
            new { Space = beside.Space.Value, Parent = beside.Parent.Value, beside.Name, Subject = subject }, token)),
        cancellationToken);

    public Task EndCopyAsync(Place beside, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, token) => connection.ExecuteAsync(Command(
            DavQueries.EndCopy, new { Space = beside.Space.Value, Parent = beside.Parent.Value, beside.Name }, token)),
        cancellationToken);

    public Task<bool> AnswerCheckingAsync(UploadId upload, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, token) => connection.ExecuteScalarAsync<bool>(Command(
            DavQueries.AnswerChecking, new { Incarnation = incarnation.Id, Upload = upload.Value }, token)),
        cancellationToken);

    private static CommandDefinition Command(string text, object parameters, CancellationToken cancellationToken) =>
        new(text, parameters, cancellationToken: cancellationToken);

    private Task<IReadOnlyList<DavMember>> MembersAsync(string text, object parameters, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<DavMember>>(
            async (connection, token) =>
            {
                var found = new List<DavMember>();
                await using var reader = await connection.ExecuteReaderAsync(
                    new CommandDefinition(text, parameters, cancellationToken: token));
                while (await reader.ReadAsync(token))
                    found.Add(Read(reader));
                return found;
            },
            cancellationToken);

    private static DavMember Read(DbDataReader reader) => new(
        LedgerRows.Part<EntryRow>(reader, 1)!.ToEntry(), reader.IsDBNull(0) ? null : reader.GetString(0));
}
