using System.Net.Http.Headers;
using System.Text.Json;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Connections;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

/// <summary>Signs users in at Microsoft.</summary>
internal sealed class MicrosoftSignIn(ConnectorHttp http, IOptions<GraphOptions> options, TimeProvider time)
    : ISignInProvider, IDeviceSignIn
{
    private const string DeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

    private static readonly TimeSpan UsualLife = TimeSpan.FromMinutes(15);

    // RFC 8628.
    private static readonly TimeSpan UsualInterval = TimeSpan.FromSeconds(5);

    private const long UsualSeconds = 3600;

    /// <summary>Entra's error codes if an administrator must consent or approve the application.</summary>
    private static readonly string[] Approval = ["AADSTS65001", "AADSTS90093", "AADSTS90094", "AADSTS900941", "AADSTS90095"];

    public string Kind => GraphConnector.KindName;

    public bool IsConfigured => options.Value.ClientId.Length > 0;

    public IReadOnlyList<string> Scopes => [.. Files, "offline_access", "User.Read"];

    public IDeviceSignIn Device => this;

    private string[] Files => options.Value.Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    // Otherwise a browser that is signed in with one account would not let the person choose another one.
    public Uri AddressOf(SignInRequest request) => SignInAddress.Of(
        Address("authorize"), options.Value.ClientId, Scopes, request, ("response_mode", "query"), ("prompt", "select_account"));

    public ConnectionSignInFault FaultOf(string error, string? description) => error switch
    {
        _ when error == "consent_required" || Approval.Any(number => Has(description, number)) => ConnectionSignInFault.NeedsApproval,
        "access_denied" => ConnectionSignInFault.Cancelled,
        "unauthorized_client" or "invalid_client" => ConnectionSignInFault.AppSecretEnded,
        "temporarily_unavailable" or "server_error" => ConnectionSignInFault.Away,
        _ => ConnectionSignInFault.Failed,
    };

    public async Task<Outcome<SignInGrant>> RedeemAsync(
        string code, string verifier, string redirect, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, Address("token"))
        {
            Content = new FormUrlEncodedContent(
                SignInAddress.Form(options.Value.ClientId, options.Value.ClientSecret, code, verifier, redirect)),
        };
        var answer = await http.AskAsync(message, cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        var json = answer.Value.Json();
        if (!answer.Value.Succeeded)
            return MicrosoftTokens.FaultOf((int)answer.Value.Status, json);
        return GrantOf(json) is { } grant ? grant : new StorageFault(FaultKind.Transient, "Microsoft sent no token.");
    }

    public async Task<Outcome<DeviceCode>> BeginAsync(CancellationToken cancellationToken)
    {
        var form = new Dictionary<string, string>
        {
            ["client_id"] = options.Value.ClientId,
            ["scope"] = string.Join(' ', Scopes),
        };
        using var message = new HttpRequestMessage(HttpMethod.Post, Address("devicecode")) { Content = new FormUrlEncodedContent(form) };
        var answer = await http.AskAsync(message, cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        var json = answer.Value.Json();
        if (!answer.Value.Succeeded)
            return MicrosoftTokens.FaultOf((int)answer.Value.Status, json);
        var body = json ?? default;
        return GraphItems.Text(body, "device_code") is { } code && GraphItems.Text(body, "user_code") is { } entered
            && Uri.TryCreate(GraphItems.Text(body, "verification_uri"), UriKind.Absolute, out var page) && page.Scheme is "https" or "http"
                ? new DeviceCode(code, entered, page, Seconds(body, "expires_in", UsualLife), Seconds(body, "interval", UsualInterval))
                : new StorageFault(FaultKind.Transient, "Microsoft sent no code.");
    }

    public async Task<DeviceAnswer> AskAsync(string code, CancellationToken cancellationToken)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = DeviceGrant,
            ["client_id"] = options.Value.ClientId,
            ["device_code"] = code,
        };
        if (options.Value.ClientSecret.Length > 0)
            form["client_secret"] = options.Value.ClientSecret;
        using var message = new HttpRequestMessage(HttpMethod.Post, Address("token")) { Content = new FormUrlEncodedContent(form) };
        var answer = await http.AskAsync(message, cancellationToken);
        if (!answer.Ok)
            return DeviceAnswer.Away;
        var json = answer.Value.Json();
        if (answer.Value.Succeeded)
            return GrantOf(json) is { } grant ? new DeviceAnswer { Grant = grant } : Failed(ConnectionSignInFault.Failed);
        var body = json ?? default;
        switch (GraphItems.Text(body, "error"))
        {
            case "authorization_pending":
                return DeviceAnswer.Pending;
            case "slow_down":
                return DeviceAnswer.TooOften;
            // Entra uses different codes for access_denied and expired_token of RFC 8628.
            case "authorization_declined":
                return Failed(ConnectionSignInFault.Cancelled);
            case "expired_token" or "code_expired":
                return Failed(ConnectionSignInFault.Expired);
            case ("access_denied" or "consent_required") and var error:
                return Failed(FaultOf(error, GraphItems.Text(body, "error_description")));
            default:
                var fault = MicrosoftTokens.FaultOf((int)answer.Value.Status, json);
                return fault.Kind switch
                {
                    FaultKind.Throttled => DeviceAnswer.TooOften,
                    FaultKind.Transient => DeviceAnswer.Away,
                    _ => Failed(ConnectionSignIns.FaultOf(fault)),
                };
        }

        static DeviceAnswer Failed(ConnectionSignInFault fault) => new() { Fault = fault };
    }

    /// <summary>Returns the grant, or null if the response contains no token.</summary>
    private SignInGrant? GrantOf(JsonElement? json)
    {
        if (json is not { } body || GraphItems.Text(body, "access_token") is not { } token)
            return null;
        var lasts = TimeSpan.FromSeconds(GraphItems.Number(body, "expires_in") ?? UsualSeconds);
        var secret = GraphItems.Text(body, "refresh_token") is { } refresh
            ? new ConnectionSecret(SecretKind.RefreshToken, refresh, token, time.GetUtcNow() + AccessTokens.RenewAfter(lasts))
            : null;
        // Responses do not contain offline_access; the refresh token implies it.
        return new SignInGrant(token, secret, SignInAddress.Lacking(Files, GraphItems.Text(body, "scope")));
    }

    public async Task<Outcome<StorageAccount>> AccountAsync(string accessToken, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, options.Value.ApiUrl.TrimEnd('/') + GraphConnector.DrivePath);
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        var answer = await http.AskAsync(message, cancellationToken);
        if (!answer.Ok)
            return answer.Fault;
        if (!answer.Value.Succeeded)
            return GraphFaults.Of(answer.Value.Status, answer.Value.Json(), null, session: false);
        return answer.Value.Json() is { } json
            ? GraphConnector.AccountOf(json)
            : new StorageFault(FaultKind.Transient, "OneDrive sent an answer that cannot be read.");
    }

    private static TimeSpan Seconds(JsonElement body, string name, TimeSpan usual) =>
        GraphItems.Number(body, name) is > 0 and var number ? TimeSpan.FromSeconds(number) : usual;

    private static bool Has(string? description, string number) =>
        description?.StartsWith(number + ":", StringComparison.Ordinal) == true;

    private string Address(string what) =>
        $"{options.Value.LoginUrl.TrimEnd('/')}/{Uri.EscapeDataString(options.Value.Tenant)}/oauth2/v2.0/{what}";
}
