using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Connections;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

/// <summary>OneDrive of persons and of organizations, and the libraries of SharePoint, by Microsoft Graph.</summary>
internal sealed class GraphConnector(
    ConnectorHttp http, IOptions<GraphOptions> options, AccessTokens tokens, MicrosoftTokens microsoft, GraphPace pace, TimeProvider time)
    : IConnector
{
    public const string KindName = "onedrive";

    /// <summary>A person's own drive: whose it is and how full.</summary>
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

    // Microsoft has no request that ends one sign-in: the only one ends all of the person's, everywhere.
    public Task RevokeAsync(ConnectorContext context, CancellationToken cancellationToken) => Task.CompletedTask;

    public string? Fault(ConnectionSecret secret) =>
        secret.Kind != SecretKind.RefreshToken ? "OneDrive takes a refresh token."
        : options.Value.ClientId.Length == 0
            ? "The service has no client id of Microsoft's: its operator sets Connections:Microsoft:ClientId."
            : null;

    /// <summary>Of the answer about a person's own drive.</summary>
    public static StorageAccount AccountOf(JsonElement json)
    {
        var owner = json.TryGetProperty("owner", out var owners) && owners.TryGetProperty("user", out var user) ? user : default;
        var quota = json.TryGetProperty("quota", out var space) ? space : default;
        // Drives without a limit say 0.
        var total = GraphItems.Number(quota, "total") is > 0 and var limit ? limit : (long?)null;
        return new StorageAccount(
            GraphItems.Text(owner, "email") ?? GraphItems.Text(owner, "displayName"), GraphItems.Number(quota, "used"), total)
        {
            Id = GraphItems.Text(json, "id") is { } id ? GraphId.NormalDrive(id) : null,
        };
    }

    private GraphClient Client(ConnectorContext context) => new(http, options.Value, tokens, microsoft, pace, context, time);
}
