using System.Collections.Concurrent;
using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Connections;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors.Drive;

/// <summary>The connector for Google Drive.</summary>
internal sealed class DriveConnector(
    ConnectorHttp http, IOptions<DriveOptions> options, AccessTokens tokens, GoogleTokens google, DrivePace pace,
    IConnectionLedger connections, TimeProvider time) : IConnector
{
    public const string KindName = "google-drive";

    /// <summary>The path of the account and its usage.</summary>
    public const string AboutPath = "/drive/v3/about";

    public const string AboutFields = "storageQuota,user";

    private readonly ConcurrentDictionary<Guid, ConcurrentQueue<string>> _ids = new();

    public string Kind => KindName;

    public bool NeedsConnection => true;

    public ISource Source(ConnectorContext context) => new DriveSource(Client(context), context.Options);

    public ISink Sink(ConnectorContext context) =>
        new DriveSink(Client(context), _ids.GetOrAdd(context.Connection!.Id, _ => new ConcurrentQueue<string>()));

    public async Task<Outcome<StorageAccount>> AccountAsync(ConnectorContext context, CancellationToken cancellationToken)
    {
        var client = Client(context);
        var answer = await client.JsonAsync(
            "about.get", HttpMethod.Get, client.Address(AboutPath, ("fields", AboutFields)), cancellationToken);
        return answer.Ok ? AccountOf(answer.Value.Json) : answer.Fault;
    }

    public async Task RevokeAsync(ConnectorContext context, CancellationToken cancellationToken)
    {
        // Google revokes all sign-ins of the account with this service, also those of other connections and users.
        if (await connections.SharesAccountAsync(context.Connection!, cancellationToken))
            return;
        if (await connections.SecretAsync(context.Connection!.Id, cancellationToken) is { } held)
            await google.RevokeAsync(held.Secret, cancellationToken);
    }

    public string? Fault(ConnectionSecret secret) => secret.Kind switch
    {
        SecretKind.AccessKey => "Google Drive takes a refresh token, or the key of a service account.",
        SecretKind.ServiceAccount => google.KeyFault(secret.Value),
        SecretKind.RefreshToken when options.Value.ClientId.Length == 0 =>
            "The service has no client id of Google: the operator must set Connections:Google:ClientId.",
        _ => null,
    };

    public static StorageAccount AccountOf(JsonElement json)
    {
        var user = json.TryGetProperty("user", out var found) ? found : default;
        var quota = json.TryGetProperty("storageQuota", out var space) ? space : default;
        return new StorageAccount(
            DriveItems.Text(user, "emailAddress") ?? DriveItems.Text(user, "displayName"),
            quota.ValueKind == JsonValueKind.Object ? DriveItems.Number(quota, "usage") : null,
            quota.ValueKind == JsonValueKind.Object ? DriveItems.Number(quota, "limit") : null)
        {
            Id = DriveItems.Text(user, "permissionId"),
        };
    }

    private DriveClient Client(ConnectorContext context) => new(http, options.Value, tokens, google, pace, context, time);
}
