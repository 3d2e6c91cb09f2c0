using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Connections;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

/// <summary>The connector for OneDrive, personal and of organizations, and the libraries of SharePoint, through Microsoft Graph.</summary>
internal sealed class GraphConnector(
    ConnectorHttp http, IOptions<GraphOptions> options, AccessTokens tokens, MicrosoftTokens microsoft, GraphPace pace, TimeProvider time)
    : IConnector
{
    public const string KindName = "onedrive";

    /// <summary>The path of a person's own drive, with its owner and usage.</summary>
    public const string DrivePath = "/me/drive";

    public string Kind => KindName;

    public bool NeedsConnection => true;

    public ISource Source(ConnectorContext context) => new GraphSource(Client(context), context.Options, context.Connection!.AccountId);

    public ISink Sink(ConnectorContext context) => new GraphSink(Client(context));

    public async Task<Outcome<StorageAccount>> AccountAsync(ConnectorContext context, CancellationToken cancellationToken)
    {
        var answer = await Client(context).JsonAsync("drive.get", HttpMethod.Get, DrivePath, cancellationToken);
        return answer.Ok ? AccountOf(answer.Value.Json) : answer.Fault;
    }

    // Microsoft can only revoke all sign-ins of a person, not a single one.
    public Task RevokeAsync(ConnectorContext context, CancellationToken cancellationToken) => Task.CompletedTask;

    public string? Fault(ConnectionSecret secret) =>
        secret.Kind != SecretKind.RefreshToken ? "OneDrive takes a refresh token."
        : options.Value.ClientId.Length == 0
            ? "The service has no client id of Microsoft: the operator must set Connections:Microsoft:ClientId."
            : null;

    /// <summary>Returns the account from the response about a person's own drive.</summary>
    public static StorageAccount AccountOf(JsonElement json)
    {
        var owner = json.TryGetProperty("owner", out var owners) && owners.TryGetProperty("user", out var user) ? user : default;
        var quota = json.TryGetProperty("quota", out var space) ? space : default;
        // Drives without a limit return 0.
        var total = GraphItems.Number(quota, "total") is > 0 and var limit ? limit : (long?)null;
        return new StorageAccount(
            GraphItems.Text(owner, "email") ?? GraphItems.Text(owner, "displayName"), GraphItems.Number(quota, "used"), total)
        {
            Id = GraphItems.Text(json, "id") is { } id ? GraphId.NormalDrive(id) : null,
        };
    }

    private GraphClient Client(ConnectorContext context) => new(http, options.Value, tokens, microsoft, pace, context, time);
}
