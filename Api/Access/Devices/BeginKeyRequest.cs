using System.Buffers.Text;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Access.Devices;

/// <summary>
/// POST /oauth/device: a program requests a key (RFC 8628, section 3.1). It needs no key and grants nothing until a person confirms it.
/// With redirect_uri the browser is redirected to the program on the person's machine (RFC 8252), protected by PKCE (RFC 7636).
/// </summary>
internal static class BeginKeyRequest
{
    public const string Path = "/oauth/device";

    /// <summary>The scopes of programs that request none.</summary>
    public const Scopes Usual = Scopes.Upload | Scopes.Read | Scopes.Delete | Scopes.List;

    private const string Page = "/console/#/device";
    private const int PerMinute = 10;
    private const int LongestName = 64;
    private const int LongestAddress = 200;
    private const int ChallengeLength = 43;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Path, HandleAsync).AllowAnonymous().ExcludeFromDescription();
        TakeKey.Map(routes);
    }

    /// <summary>Returns the refusal if operators do not allow programs to request keys; otherwise null.</summary>
    public static Refusal? RefusalOf(AccessOptions options) => options.KeyRequests
        ? null
        : Refusal.Of(
            RequestError.NotPermitted,
            "Programs cannot ask for keys here (Access:KeyRequests is off). Make a key in the console, and give it to the program.");

    private static async Task<IResult> HandleAsync(HttpContext context, KeyRequests requests, AccessOptions options, RateBook rates)
    {
        // 1. Check that requests are allowed, and their rate.
        if (RefusalOf(options) is { } refusal)
            return refusal;
        var address = SignInAttempts.KeyOf(context.Connection.RemoteIpAddress);
        if (rates.TryTake(new LimitTarget(LimitScope.Address, "", address), "keyRequests", PerMinute) is { } wait)
            return TooSoon(wait);

        // 2. Read the request.
        if (await OAuthForm.ReadAsync(context) is not { } form)
            return OAuthError.InvalidRequest("Send a short form (application/x-www-form-urlencoded) in which each field is there once.");
        if (NameOf(form["client_id"]) is not { } program)
            return OAuthError.InvalidRequest($"Send client_id: the program's name, at most {LongestName} characters.");
        var scopes = form["scope"] is { } named ? ScopeNames.Parse(named.Split(' ', StringSplitOptions.RemoveEmptyEntries)) : Usual;
        if (scopes is not { } wanted || wanted == Scopes.None)
        {
            return OAuthError.Of(
                "invalid_scope", $"scope must have names of {string.Join(", ", ScopeNames.All)}, with blanks between them.");
        }

        if (Loopback(form, out var target) is { } wrong)
            return wrong;

        // 3.
        var begun = await requests.BeginAsync(
            program, NameOf(form["device_name"]), context.Connection.RemoteIpAddress?.ToString(), address, wanted, target,
            context.RequestAborted);
        if (begun is not { } made)
            return TooSoon(KeyRequests.Pause);
        var page = PublicAddress.Of(context.Request, Page);
        var code = Shown(made.Request.Code);
        return JsonAnswer.Of(
            new DeviceView
            {
                DeviceCode = made.Device,
                UserCode = code,
                VerificationUri = page,
                VerificationUriComplete = $"{page}?code={code}",
                ExpiresIn = (int)KeyRequests.Lifetime.TotalSeconds,
                Interval = (int)KeyRequests.Pause.TotalSeconds,
            },
            ApiJson.Out.DeviceView);
    }

    /// <summary>Formats a code for people: two groups of four letters.</summary>
    public static string Shown(string code) => $"{code[..4]}-{code[4..]}";

    public static Refusal TooSoon(TimeSpan wait) => Refusal.Of(new RequestFailure(
        RequestError.RateLimited, $"Too many programs ask for keys. Try again in {Math.Ceiling(wait.TotalSeconds):0} s.")
    {
        RetryAfter = wait,
    });

    private static string? NameOf(string? text)
    {
        var name = ShownText.Of(text ?? "").Trim();
        return name.Length is > 0 and <= LongestName ? name : null;
    }

    private static JsonAnswer<OAuthErrorView>? Loopback(OAuthForm form, out LoopbackTarget? target)
    {
        target = null;
        if (form["redirect_uri"] is not { } redirect)
            return null;
        // Only IP addresses are accepted, because a name may resolve to another host (RFC 8252, section 8.3).
        if (redirect.Length > LongestAddress || !Uri.TryCreate(redirect, UriKind.Absolute, out var address) || address.Scheme != "http"
            || address.Host is not ("127.0.0.1" or "[::1]") || address.UserInfo.Length > 0 || address.Fragment.Length > 0
            || address.Query.Length > 0)
            return OAuthError.InvalidRequest("redirect_uri must be an address of this machine, such as http://127.0.0.1:49152/.");
        var challenge = form["code_challenge"];
        if (form["code_challenge_method"] != "S256" || challenge?.Length != ChallengeLength || !Base64Url.IsValid(challenge))
        {
            return OAuthError.InvalidRequest(
                "Send code_challenge, the SHA-256 of the verifier in base64url, and code_challenge_method=S256.");
        }

        if (form["state"] is { Length: > LongestAddress })
            return OAuthError.InvalidRequest($"state has at most {LongestAddress} characters.");
        target = new LoopbackTarget(address.AbsoluteUri, form["state"], Base64Url.DecodeFromChars(challenge));
        return null;
    }
}
