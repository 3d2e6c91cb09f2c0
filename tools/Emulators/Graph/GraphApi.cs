using System.Globalization;
using System.Text.Json.Nodes;
using ChunkUpload.Emulators.Control;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Emulators.Graph;

/// <summary>A request to a drive, with what its address has been resolved to.</summary>
internal sealed record GraphCall(HttpContext Http, GraphDrive Drive, GraphAddress Address, string Account)
{
    public GraphQuery Query { get; } = new(Http.Request.Query);

    public string? IfMatch => Http.Request.Headers.IfMatch is [{ Length: > 0 } tag, ..] ? tag : null;

    public CancellationToken Aborted => Http.RequestAborted;
}

/// <summary>Authenticates, counts units and finds the operation of everything below <c>/v1.0</c>.</summary>
internal sealed class GraphApi(GraphState state)
{
    private readonly GraphItems _items = new(state);
    private readonly GraphDelta _delta = new(state);

    public async Task HandleAsync(HttpContext http)
    {
        http.Response.Headers["request-id"] = Guid.NewGuid().ToString();
        http.Response.Headers["client-request-id"] = http.Response.Headers["request-id"];
        if (await DispatchAsync(http) is not { } error)
            return;
        // A client that still sends would see a reset in place of the answer.
        await http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
        await GraphReply.ErrorAsync(http, error, state.Clock);
    }

    private async Task<GraphError?> DispatchAsync(HttpContext http)
    {
        if (state.Context.OAuth.Authenticate(http) is not { } grant)
            return new GraphError(401, "InvalidAuthenticationToken", "The access token is missing, has expired or was revoked.");
        var path = DecodedPath(http);
        if (path is null)
            return GraphError.Invalid("The address is not encoded correctly.");
        var account = grant.Account;
        var (drive, rest) = FindDrive(path, account.Email);
        var address = drive is null ? null : GraphAddress.Parse(rest);
        if (Throttled(http, Units(http, address)))
            return GraphError.Throttled;
        if (Without(path, "/me") is "")
            return await AnswerAsync(http, "me.get", new()
            {
                ["id"] = account.Id,
                ["displayName"] = account.Name,
                ["mail"] = account.Email,
                ["userPrincipalName"] = account.Email,
            });
        if (drive is null)
            return await AnswerCollectionAsync(http, path, account.Email);
        if (rest.Length == 0)
            return HttpMethods.IsGet(http.Request.Method)
                ? await AnswerAsync(http, "drive.get", state.View.Drive(drive))
                : new GraphError(405, "invalidRequest", "A drive can only be read.");
        if (rest is "/sharedWithMe" or "/sharedWithMe()" or "/microsoft.graph.sharedWithMe()")
            return await _items.SharedWithMeAsync(http, account.Email);
        if (address is null)
            return GraphError.Invalid("The address names no item.");
        if (grant.Scopes is { } scopes && !MayWrite(scopes) && !HttpMethods.IsGet(http.Request.Method))
            return GraphError.AccessDenied;
        return await RouteAsync(new GraphCall(http, drive, address, account.Email));
    }

    private Task<GraphError?> RouteAsync(GraphCall call)
    {
        var action = call.Address.Action;
        var verb = call.Http.Request.Method;
        call.Http.Journal().Operation = $"item.{(action.Length == 0 ? verb.ToLowerInvariant() : action.Split('(', '/')[0])}";
        action = action.Replace("microsoft.graph.", "", StringComparison.OrdinalIgnoreCase);
        return (verb, action) switch
        {
            ("GET", "") => _items.GetAsync(call),
            ("PATCH", "") => _items.UpdateAsync(call),
            ("PUT", "") => state.Uploads.CommitBySourceAsync(call),
            ("DELETE", "") => _items.DeleteAsync(call, permanently: false),
            ("POST", "permanentDelete") => _items.DeleteAsync(call, permanently: true),
            ("GET", "children") => _items.ListAsync(call),
            ("POST", "children") => _items.CreateAsync(call),
            ("GET", "content") => _items.DownloadAsync(call),
            ("PUT", "content") => state.Uploads.PutContentAsync(call),
            ("POST", "createUploadSession") => state.Uploads.BeginAsync(call),
            ("POST", "copy") => _items.CopyAsync(call),
            ("GET", "versions") => _items.VersionsAsync(call),
            ("GET", _) when action.StartsWith("versions/", StringComparison.Ordinal) => _items.VersionAsync(call),
            ("GET", _) when action.StartsWith("delta", StringComparison.Ordinal) => _delta.AnswerAsync(call),
            ("GET", _) when action.StartsWith("search(", StringComparison.Ordinal) => _items.SearchAsync(call),
            _ => Task.FromResult<GraphError?>(GraphError.NotSupported($"The emulator has no {verb} '{action}' of an item.")),
        };
    }

    /// <summary>Finds the drive that an address begins with, and returns what follows it.</summary>
    private (GraphDrive? Drive, string Below) FindDrive(string path, string account)
    {
        foreach (var prefix in (string[])["/me/drive", "/drive"])
            if (Without(path, prefix) is { } own)
                return (state.DriveOf(account), own);
        if (path.StartsWith("/sites/", StringComparison.OrdinalIgnoreCase)
            && path.IndexOf("/drive", StringComparison.OrdinalIgnoreCase) is >= 0 and var start
            && Without(path[start..], "/drive") is { } site)
            return (state.Library, site);
        foreach (var prefix in (string[])["/me/drives/", "/drives/", "/users/"])
        {
            if (!path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                continue;
            var tail = path[prefix.Length..];
            var slash = tail.IndexOf('/', StringComparison.Ordinal);
            var (id, rest) = slash < 0 ? (tail, "") : (tail[..slash], tail[slash..]);
            if (prefix != "/users/")
                return (state.FindDrive(id), rest);
            var user = state.Context.Options.Accounts.FirstOrDefault(each => each.Email == id || each.Id == id);
            return Without(rest, "/drive") is { } below && user is not null ? (state.DriveOf(user.Email), below) : (null, "");
        }

        return (null, "");
    }

    private async Task<GraphError?> AnswerCollectionAsync(HttpContext http, string path, string account)
    {
        var drives = path.ToUpperInvariant() switch
        {
            "/ME/DRIVES" => state.Drives.Where(drive => drive.Owner == account).ToList(),
            var site when site.StartsWith("/SITES/", StringComparison.Ordinal) && site.EndsWith("/DRIVES", StringComparison.Ordinal)
                => [state.Library],
            _ => null,
        };
        if (drives is null)
            return GraphError.NotFound;
        return await AnswerAsync(http, "drive.list", new() { ["value"] = new JsonArray([.. drives.Select(state.View.Drive)]) });
    }

    private static async Task<GraphError?> AnswerAsync(HttpContext http, string operation, JsonObject body)
    {
        http.Journal().Operation = operation;
        await GraphReply.WriteAsync(http, 200, body);
        return null;
    }

    private bool Throttled(HttpContext http, int units)
    {
        var allowance = state.Throttle.Take(units, state.Switches.Limit(GraphSwitches.UnitsPerMinute));
        var headers = http.Response.Headers;
        if (allowance.IsNear)
        {
            headers["RateLimit-Limit"] = allowance.Limit!.Value.ToString(CultureInfo.InvariantCulture);
            headers["RateLimit-Remaining"] = allowance.Remaining.ToString(CultureInfo.InvariantCulture);
            headers["RateLimit-Reset"] = allowance.SecondsToReset.ToString(CultureInfo.InvariantCulture);
        }

        if (allowance.IsExceeded)
            headers.RetryAfter = allowance.SecondsToReset.ToString(CultureInfo.InvariantCulture);
        return allowance.IsExceeded;
    }

    /// <summary>One unit for a single item, a download and a delta call with a token; two for lists and changes.</summary>
    private static int Units(HttpContext http, GraphAddress? address)
    {
        if (!HttpMethods.IsGet(http.Request.Method))
            return 2;
        var isList = address?.Action.StartsWith("children", StringComparison.Ordinal) == true
            || address?.Action.StartsWith("search", StringComparison.Ordinal) == true;
        var isFirstDelta = address?.Action.StartsWith("delta", StringComparison.Ordinal) == true && !http.Request.QueryString.HasValue;
        return isList || isFirstDelta ? 2 : 1;
    }

    private static bool MayWrite(IEnumerable<string> scopes) =>
        scopes.Any(scope => scope.Contains("ReadWrite", StringComparison.OrdinalIgnoreCase));

    private static string? Without(string path, string prefix) =>
        path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && (path.Length == prefix.Length || path[prefix.Length] == '/')
            ? path[prefix.Length..].TrimEnd('/')
            : null;

    /// <summary>The path behind the version, decoded once: what Kestrel gives still has some of its escapes.</summary>
    private static string? DecodedPath(HttpContext http)
    {
        var raw = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (Uri.TryCreate(raw, UriKind.Absolute, out var absolute) && absolute.Scheme is "http" or "https")
            raw = absolute.PathAndQuery;
        var path = raw.Split('?')[0];
        var version = path.IndexOf('/', 1);
        return version < 0 ? "" : Uri.UnescapeDataString(path[version..]);
    }
}
