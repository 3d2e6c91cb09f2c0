using ChunkUpload.Core.Access;
using ChunkUpload.Core.Audit;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Access.Devices;

/// <summary>
/// POST /oauth/token: a program fetches the key that a person has confirmed, with its device code (RFC 8628, section 3.4), or with the code
/// from the browser and the PKCE verifier.
/// </summary>
internal static class TakeKey
{
    private const string DeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
    private const string CodeGrant = "authorization_code";
    private const int LongestSecret = 256;

    // Many programs behind one address may each poll every five seconds.
    private const int PerMinute = 600;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/oauth/token", HandleAsync).AllowAnonymous().ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(
        HttpContext context, KeyRequests requests, AccessOptions options, IPeopleLedger people, Credentials credentials,
        RateBook rates, TimeProvider time)
    {
        if (BeginKeyRequest.RefusalOf(options) is { } refusal)
            return refusal;
        var address = SignInAttempts.KeyOf(context.Connection.RemoteIpAddress);
        if (rates.TryTake(new LimitTarget(LimitScope.Address, "", address), "keyFetches", PerMinute) is { } wait)
            return BeginKeyRequest.TooSoon(wait);
        if (await OAuthForm.ReadAsync(context) is not { } form)
            return OAuthError.InvalidRequest("Send a short form (application/x-www-form-urlencoded) in which each field is there once.");

        // 1. Find the request. Its secret has 256 random bits.
        var (type, stop) = (form["grant_type"], context.RequestAborted);
        if (type is not (DeviceGrant or CodeGrant))
            return OAuthError.Of("unsupported_grant_type", $"grant_type must be {DeviceGrant} or {CodeGrant}.");
        var brought = type == CodeGrant;
        if (form[brought ? "code_verifier" : "device_code"] is not { Length: <= LongestSecret } secret || (brought && form["code"] is null))
            return OAuthError.InvalidRequest(brought ? "Send code and code_verifier." : "Send device_code.");
        if (await requests.FindOfProgramAsync(secret, stop) is not { } request || (request.Redirect is not null) != brought)
            return NoGrant;

        // 2. Check its state.
        if (request.End is null && !requests.IsExpired(request))
        {
            return await requests.AskedAsync(request, stop)
                ? OAuthError.Of("authorization_pending", "It is not confirmed yet.")
                : OAuthError.Of("slow_down", "You ask too often: wait five seconds more each time.");
        }

        if (request.End == KeyRequestEnd.Refused)
            return OAuthError.Of("access_denied", "The person has refused it, or sent wrong passwords five times.");
        if (requests.IsExpired(request))
            return OAuthError.Of("expired_token", "Nobody has confirmed it within ten minutes. Begin again.");

        // 3. The person may have lost rights since.
        var granted = request.Granted!;
        if (await people.FindTenantAsync(granted.Tenant, stop) is not { RemovedAt: null }
            || (granted.User is { } user && await people.FindUserAsync(user, stop) is not { Enabled: true }))
            return OAuthError.Of("access_denied", "The person who confirmed it has no access any more.");

        // 4. Record the act for the person who granted the key.
        Actor.Current = new Actor(granted.Tenant, granted.MadeBy, default, context.Connection.RemoteIpAddress);
        if (await requests.TakeAsync(request, form["code"], stop) is not { } key)
            return NoGrant;
        credentials.Forget();
        return JsonAnswer.Of(
            new GrantedTokenView
            {
                AccessToken = key,
                Scope = string.Join(' ', ScopeNames.Of(granted.Scopes)),
                ExpiresIn = granted.EndsAt is { } ends ? Math.Max(0, (long)(ends - time.GetUtcNow()).TotalSeconds) : null,
            },
            ApiJson.Out.GrantedTokenView);
    }

    private static JsonAnswer<OAuthErrorView> NoGrant =>
        OAuthError.Of("invalid_grant", "There is no such request, or its key was fetched already.");
}
