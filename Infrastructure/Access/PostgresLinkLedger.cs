using ChunkUpload.Core.Access.Links;
using ChunkUpload.Infrastructure.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>Links in PostgreSQL. Every statement may be repeated.</summary>
internal sealed class PostgresLinkLedger(LedgerCalls calls) : ILinkLedger
{
    public Task AddAsync(ShareLink link, byte[] token, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteAsync(Command(
            LinkQueries.Add,
            ActParameters.Of(new
            {
                link.Id,
                Token = token,
                Kind = LinkRow.Word(link.Kind),
                link.Tenant,
                link.Title,
                link.MadeBy,
                link.User,
                link.MadeWith,
                Space = link.Space?.Value,
                Entry = link.Entry?.Value,
                ExpiresAt = link.ExpiresAt.UtcDateTime,
                link.Uploads.MaxSize,
                link.Uploads.MaxFiles,
                link.Uploads.MaxBytes,
                Types = link.Uploads.Types.ToArray(),
                Names = link.Uploads.Names.ToArray(),
                link.Uploads.Folders,
                Priority = (short)link.Uploads.Priority,
                link.Password,
                link.MaxDownloads,
            }, "link.added", link.Subject, ActParameters.Json(("kind", LinkRow.Word(link.Kind)), ("title", link.Title)), link.Tenant),
            stop)),
        cancellationToken);

    public Task<ShareLink?> FindAsync(string tenant, string? maker, Guid id, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) => (await connection.QuerySingleOrDefaultAsync<LinkRow>(
            Command(LinkQueries.Find, new { Tenant = tenant, Maker = maker, Id = id }, stop)))?.ToLink(),
        cancellationToken);

    public Task<IReadOnlyList<ShareLink>> ListAsync(
        string tenant, string? maker, Guid? after, int limit, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<ShareLink>>(
            async (connection, stop) =>
            [
                .. (await connection.QueryAsync<LinkRow>(
                    Command(LinkQueries.List, new { Tenant = tenant, Maker = maker, After = after, Limit = limit }, stop)))
                    .Select(row => row.ToLink()),
            ],
            cancellationToken);

    public Task<bool> ChangeAsync(ShareLink link, CancellationToken cancellationToken) => HasRowAsync(
        LinkQueries.Change,
        ActParameters.Of(new
        {
            link.Id,
            link.Title,
            ExpiresAt = link.ExpiresAt.UtcDateTime,
            link.Uploads.MaxFiles,
            link.MaxDownloads,
            link.Password,
        }, "link.changed", link.Subject, ActParameters.Json(("title", link.Title))),
        cancellationToken);

    public Task<bool> RevokeAsync(string tenant, string? maker, Guid id, CancellationToken cancellationToken) =>
        HasRowAsync(
            LinkQueries.Revoke,
            ActParameters.Of(new { Tenant = tenant, Maker = maker, Id = id }, "link.revoked", ShareLink.SubjectOf(id)), cancellationToken);

    public Task<int> EnableAsync(Guid? id, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) => (await connection.QueryAsync<object>(Command(
            LinkQueries.Enable, ActParameters.Of(new { Id = id }, "link.enabled", id is { } one ? ShareLink.SubjectOf(one) : null),
            stop))).Count(),
        cancellationToken);

    public Task<bool> CountDownloadAsync(Guid link, EntryId entry, string client, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<bool>(
            Command(LinkQueries.CountDownload, new { Link = link, Entry = entry.Value, Client = client }, stop)),
        cancellationToken);

    private static CommandDefinition Command(string text, object parameters, CancellationToken cancellationToken) =>
        new(text, parameters, cancellationToken: cancellationToken);

    private Task<bool> HasRowAsync(string text, object parameters, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) => (await connection.QueryAsync<object>(Command(text, parameters, stop))).Any(), cancellationToken);
}
