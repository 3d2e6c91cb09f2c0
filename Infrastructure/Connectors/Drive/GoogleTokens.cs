using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Connections;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors.Drive;

/// <summary>Requests access tokens from Google, with a refresh token or a service account's key.</summary>
internal sealed class GoogleTokens(ConnectorHttp http, IOptions<DriveOptions> options, TimeProvider time)
{
    private const string Scope = "https://www.googleapis.com/auth/drive";

    private const string KeyRefused = "Google does not accept the service account's key: it was removed at Google, its account is "
        + "disabled, or the clock of this machine is wrong.";

    private static readonly TimeSpan AssertionLasts = TimeSpan.FromMinutes(30);

    public async Task<Outcome<ConnectionSecret>> RefreshAsync(ConnectionSecret secret, CancellationToken cancellationToken)
    {
        if (Form(secret) is not { } form)
            return new StorageFault(FaultKind.SignIn, "The key of the service account cannot be read.");
        using var message = new HttpRequestMessage(HttpMethod.Post, options.Value.TokenUrl) { Content = new FormUrlEncodedContent(form) };
        var answer = await http.AskAsync(message, cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        var json = answer.Value.Json();
        if (!answer.Value.Succeeded)
        {
            var error = Text(json, "error");
            return secret.Kind == SecretKind.ServiceAccount && error is ("invalid_grant" or "invalid_client" or "unauthorized_client")
                ? new StorageFault(FaultKind.SignIn, KeyRefused)
                : FaultOf((int)answer.Value.Status, error);
        }

        if (Text(json, "access_token") is not { } token)
            return new StorageFault(FaultKind.Transient, "Google sent no token.");
        var lasts = json!.Value.TryGetProperty("expires_in", out var seconds) && seconds.TryGetInt64(out var number) ? number : 3600;
        return secret with
        {
            // Google rarely replaces a refresh token; other providers replace it each time.
            Value = secret.Kind == SecretKind.RefreshToken ? Text(json, "refresh_token") ?? secret.Value : secret.Value,
            AccessToken = token,
            AccessEndsAt = time.GetUtcNow() + AccessTokens.RenewAfter(TimeSpan.FromSeconds(lasts)),
        };
    }

    public async Task RevokeAsync(ConnectionSecret secret, CancellationToken cancellationToken)
    {
        if (secret.Kind != SecretKind.RefreshToken)
            return;
        using var message = new HttpRequestMessage(HttpMethod.Post, options.Value.RevokeUrl)
        {
            Content = new FormUrlEncodedContent([KeyValuePair.Create("token", secret.Value)]),
        };
        _ = await http.AskAsync(message, cancellationToken);
    }

    /// <summary>Returns why this is not a valid key of a service account, as a sentence; null if it is valid.</summary>
    public string? KeyFault(string json)
    {
        _ = ServiceAccountKey.Read(json, options.Value.TokenUrl, out var fault);
        return fault;
    }

    private Dictionary<string, string>? Form(ConnectionSecret secret)
    {
        if (secret.Kind == SecretKind.RefreshToken)
        {
            return new Dictionary<string, string>
            {
                ["grant_type"] = "refresh_token",
                ["refresh_token"] = secret.Value,
                ["client_id"] = options.Value.ClientId,
                ["client_secret"] = options.Value.ClientSecret,
            };
        }

        return ServiceAccountKey.Read(secret.Value, options.Value.TokenUrl, out _) is { } key
            ? new Dictionary<string, string>
            {
                ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer",
                ["assertion"] = key.Assertion(Scope, options.Value.TokenUrl, time.GetUtcNow(), AssertionLasts),
            }
            : null;
    }

    internal static StorageFault FaultOf(int status, string? error) => error switch
    {
        "invalid_grant" => new StorageFault(FaultKind.SignIn, "Google does not accept the sign-in any more. Sign in again."),
        "invalid_client" or "unauthorized_client" => new StorageFault(
            FaultKind.AppSecret, "Google does not accept this service's own client id and secret. The operator must correct them."),
        "admin_policy_enforced" => new StorageFault(FaultKind.Approval, "An administrator of the account must allow this service."),
        _ when status == 429 => new StorageFault(FaultKind.Throttled, "Google limits the rate of requests for tokens."),
        _ when status >= 500 => new StorageFault(FaultKind.Transient, $"Google's sign-in failed with status {status}."),
        _ => new StorageFault(FaultKind.SignIn, $"Google gave no token (status {status}). Sign in again."),
    };

    private static string? Text(JsonElement? json, string name) =>
        json is { } one && one.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
