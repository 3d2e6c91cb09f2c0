using System.Text.Json.Nodes;
using ChunkUpload.Core.Dav;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Storage;
using Dapper;

namespace ChunkUpload.Infrastructure.Dav;

/// <summary>The properties of WebDAV clients in PostgreSQL.</summary>
internal sealed class PostgresDavProperties(LedgerCalls calls, Incarnation incarnation) : IDavProperties
{
    static PostgresDavProperties() => LedgerRows.Prepare();

    public async Task<ILookup<EntryId, DavProperty>> OfAsync(
        IReadOnlyCollection<EntryId> entries, CancellationToken cancellationToken)
    {
        var parameters = new { Entries = entries.Select(entry => entry.Value).ToArray() };
        var rows = await calls.RunAsync(
            (connection, token) => connection.QueryAsync<(Guid Entry, string Name, string Value)>(
                new CommandDefinition(DavLockQueries.Properties, parameters, cancellationToken: token)),
            cancellationToken);
        return rows.ToLookup(row => new EntryId(row.Entry), row => new DavProperty(row.Name, row.Value));
    }

    public async Task<UploadFailure?> ChangeAsync(
        Entry entry, PropertyChange change, string subject, long most, ChangeGuard guard, long? revision,
        CancellationToken cancellationToken)
    {
        object Parameters(bool repeated) => new
        {
            Incarnation = incarnation.Id,
            Space = entry.Space.Value,
            Entry = entry.Id.Value,
            Set = new JsonObject(change.Set.Select(
                property => KeyValuePair.Create(property.Name, (JsonNode?)property.Value))).ToJsonString(),
            Removed = change.Removed.ToArray(),
            ModifiedNs = change.Modified?.Nanoseconds,
            Subject = subject,
            Most = most,
            Guard = GuardJson.Write(guard),
            Revision = revision,
            Repeated = repeated,
        };
        var outcome = await calls.RunAsync(
            (connection, repeated, token) => connection.ExecuteScalarAsync<string>(
                new CommandDefinition(DavLockQueries.ChangeProperties, Parameters(repeated), cancellationToken: token)),
            cancellationToken);
        return outcome == "ok" ? null : LedgerRefusals.OfTree(outcome!, null);
    }
}
