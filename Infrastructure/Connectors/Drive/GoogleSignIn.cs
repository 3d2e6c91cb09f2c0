using System.Net.Http.Headers;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Connections;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors.Drive;

/// <summary>Signs users in at Google.</summary>
internal sealed class GoogleSignIn(ConnectorHttp http, IOptions<DriveOptions> options, TimeProvider time) : ISignInProvider
{
    private const string Prefix = "https://www.googleapis.com/auth/";

    private const long UsualSeconds = 3600;

    public string Kind => DriveConnector.KindName;

    public bool IsConfigured => options.Value.ClientId.Length > 0;

    /// <summary>A desktop application may use any port; for a web application this address must be registered.</summary>
    public string LoopbackAddress => "http://127.0.0.1:8717/";

    public IReadOnlyList<string> Scopes => [Prefix + options.Value.Scope];

    // Without requesting consent again, Google issues a refresh token only the first time.
    public Uri AddressOf(SignInRequest request) => SignInAddress.Of(
        options.Value.AuthorizeUrl, options.Value.ClientId, Scopes, request, ("access_type", "offline"), ("prompt", "consent"));

    public ConnectionSignInFault FaultOf(string error, string? description) => error switch
    {
        "access_denied" => ConnectionSignInFault.Cancelled,
        "admin_policy_enforced" or "org_internal" => ConnectionSignInFault.NeedsApproval,
        "invalid_client" or "unauthorized_client" or "deleted_client" => ConnectionSignInFault.AppSecretEnded,
        "temporarily_unavailable" or "server_error" => ConnectionSignInFault.Away,
        _ => ConnectionSignInFault.Failed,
    };

    public async Task<Outcome<SignInGrant>> RedeemAsync(
        string code, string verifier, string redirect, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, options.Value.TokenUrl)
        {
            Content = new FormUrlEncodedContent(
                SignInAddress.Form(options.Value.ClientId, options.Value.ClientSecret, code, verifier, redirect)),
        };
        var answer = await http.AskAsync(message, cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        var json = answer.Value.Json();
        if (!answer.Value.Succeeded)
            return GoogleTokens.FaultOf((int)answer.Value.Status, json is { } error ? DriveItems.Text(error, "error") : null);
        if (json is not { } body || DriveItems.Text(body, "access_token") is not { } token)
            return new StorageFault(FaultKind.Transient, "Google sent no token.");
        var lasts = TimeSpan.FromSeconds(
            body.TryGetProperty("expires_in", out var seconds) && seconds.TryGetInt64(out var number) ? number : UsualSeconds);
        var secret = DriveItems.Text(body, "refresh_token") is { } refresh
            ? new ConnectionSecret(SecretKind.RefreshToken, refresh, token, time.GetUtcNow() + AccessTokens.RenewAfter(lasts))
            : null;
        return new SignInGrant(token, secret, SignInAddress.Lacking(Scopes, DriveItems.Text(body, "scope")));
    }

    public async Task<Outcome<StorageAccount>> AccountAsync(string accessToken, CancellationToken cancellationToken)
    {
        var address = $"{options.Value.ApiUrl.TrimEnd('/')}{DriveConnector.AboutPath}?fields={DriveConnector.AboutFields}";
        using var message = new HttpRequestMessage(HttpMethod.Get, address);
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        var answer = await http.AskAsync(message, cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        if (!answer.Value.Succeeded)
            return DriveFaults.Of(answer.Value.Status, answer.Value.Json(), null, session: false);
        return answer.Value.Json() is { } json
            ? DriveConnector.AccountOf(json)
            : new StorageFault(FaultKind.Transient, "Google Drive sent an answer that cannot be read.");
    }
}
