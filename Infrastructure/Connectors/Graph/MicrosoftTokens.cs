using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Connections;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

/// <summary>Requests access tokens from Microsoft. Each response also replaces the refresh token.</summary>
internal sealed class MicrosoftTokens(ConnectorHttp http, IOptions<GraphOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Usual = TimeSpan.FromHours(1);

    public async Task<Outcome<ConnectionSecret>> RefreshAsync(ConnectionSecret secret, CancellationToken cancellationToken)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "refresh_token",
            ["refresh_token"] = secret.Value,
            ["client_id"] = options.Value.ClientId,
        };
        if (options.Value.ClientSecret.Length > 0)
            form["client_secret"] = options.Value.ClientSecret;
        var address = $"{options.Value.LoginUrl.TrimEnd('/')}/{Uri.EscapeDataString(options.Value.Tenant)}/oauth2/v2.0/token";
        using var message = new HttpRequestMessage(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(form) };
        var answer = await http.AskAsync(message, cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        var json = answer.Value.Json();
        if (!answer.Value.Succeeded)
            return FaultOf((int)answer.Value.Status, json) with { After = GraphClient.RetryAfter(answer.Value.Headers, time) };
        if (json is not { } body || GraphItems.Text(body, "access_token") is not { } token)
            return new StorageFault(FaultKind.Transient, "Microsoft sent no token.");
        var lasts = GraphItems.Number(body, "expires_in") is { } seconds ? TimeSpan.FromSeconds(seconds) : Usual;
        return secret with
        {
            Value = GraphItems.Text(body, "refresh_token") ?? secret.Value,
            AccessToken = token,
            AccessEndsAt = time.GetUtcNow() + AccessTokens.RenewAfter(lasts),
        };
    }

    /// <summary>Maps an error to a fault by Entra's codes, because one error has many meanings.</summary>
    internal static StorageFault FaultOf(int status, JsonElement? json)
    {
        var error = json is { } body ? GraphItems.Text(body, "error") : null;
        var numbers = Numbers(json);
        if (error is "invalid_client" or "unauthorized_client" || numbers.Overlaps([7000215, 7000222, 700016]))
        {
            return new StorageFault(
                FaultKind.AppSecret,
                numbers.Contains(7000222)
                    ? "The secret of this service's own application at Microsoft has expired. The operator must make a new one."
                    : "Microsoft does not accept this service's own client id and secret. The operator must correct them.");
        }

        if (error == "consent_required" || numbers.Overlaps([65001, 90093, 90094]))
            return new StorageFault(FaultKind.Approval, "An administrator of the account's organization must allow this service.");
        return error switch
        {
            _ when status == 429 => new StorageFault(FaultKind.Throttled, "Microsoft limits the rate of requests for tokens."),
            "temporarily_unavailable" or "server_error" =>
                new StorageFault(FaultKind.Transient, "Microsoft's sign-in is not available at the moment."),
            _ when status >= 500 => new StorageFault(FaultKind.Transient, $"Microsoft's sign-in failed with status {status}."),
            "invalid_grant" => new StorageFault(FaultKind.SignIn, "Microsoft does not accept the sign-in any more. Sign in again."),
            _ => new StorageFault(FaultKind.SignIn, $"Microsoft gave no token (status {status}). Sign in again."),
        };
    }

    private static HashSet<long> Numbers(JsonElement? json) =>
        json is { } body && body.TryGetProperty("error_codes", out var codes) && codes.ValueKind == JsonValueKind.Array
            ? [.. codes.EnumerateArray().Where(code => code.ValueKind == JsonValueKind.Number).Select(code => code.GetInt64())]
            : [];
}
