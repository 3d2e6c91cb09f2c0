using System.Text.Encodings.Web;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Emulators.Control.OAuth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Graph;

/// <summary>Sign-in on another device: the application shows a short code, and a person enters it on a page.</summary>
internal sealed class GraphDeviceCodes
{
    // RFC 8628 adds this to the interval of an application that asks too often.
    private const int SlowDownSeconds = 5;

    private const string Style = """
        :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
        main { margin: 3rem auto; width: min(26rem, 90vw); }
        input, select, button { font: inherit; padding: .4rem .8rem; }
        """;

    // Timers may fire a little early.
    private static readonly TimeSpan ClockTick = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly List<DeviceCode> _codes = [];
    private EmulatorContext? _context;

    public void Map(WebApplication app, EmulatorContext context)
    {
        _context = context;
        app.MapPost("/{tenant}/oauth2/v2.0/devicecode", (Delegate)BeginAsync).DisableAntiforgery();
        app.MapGet("/common/oauth2/deviceauth", () => Page("Enter the code that the application shows.", withForm: true));
        app.MapPost("/common/oauth2/deviceauth", (Delegate)DecideAsync).DisableAntiforgery();
    }

    public TokenAnswer Redeem(OAuthServer server, IReadOnlyDictionary<string, string> values)
    {
        lock (_gate)
        {
            var code = _codes.Find(each => each.Device == values.GetValueOrDefault("device_code"));
            if (code is null || code.ClientId != values.GetValueOrDefault("client_id"))
                return server.Error(400, "bad_verification_code", "The device code is not known.");
            var now = _context!.Clock.GetUtcNow();
            if (code.Ends <= now)
                return server.Error(400, "expired_token", "The device code has expired.");
            var early = code.AskedAt is { } before && now < before.AddSeconds(code.Interval) - ClockTick;
            code.AskedAt = now;
            if (early)
            {
                code.Interval += SlowDownSeconds;
                return server.Error(400, "slow_down", "The application asks too often.");
            }

            if (code.NeedsApproval)
                return server.Error(400, "consent_required", "An administrator of your organization has to approve this application.");
            if (code.IsDeclined)
                return server.Error(400, "authorization_declined", "The person has declined.");
            if (code.Account is null)
                return server.Error(400, "authorization_pending", "The person has not signed in yet.");
            _codes.Remove(code);
            return server.Issue(code.ClientId, code.Account, code.Scopes, code.Scopes.Contains("offline_access"));
        }
    }

    public void Reset()
    {
        lock (_gate)
            _codes.Clear();
    }

    private async Task<IResult> BeginAsync(HttpContext http)
    {
        http.Journal().Operation = "oauth.devicecode";
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var (seconds, interval) = (Number(GraphSwitches.DeviceCodeSeconds), Number(GraphSwitches.DevicePollSeconds));
        var code = new DeviceCode(
            Ids.Random(80, Ids.Base64Url),
            Ids.Random(9, "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"),
            form["client_id"].ToString(),
            form["scope"].ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries),
            _context!.Clock.GetUtcNow().AddSeconds(seconds))
        {
            Interval = interval,
        };
        if (code.ClientId.Length == 0 || code.Scopes.Count == 0)
            return Results.Json(_context.OAuth.Error(400, "invalid_request", "client_id and scope are needed.").Body, statusCode: 400);
        lock (_gate)
            _codes.Add(code);
        var page = $"{_context.Addresses[0]}/common/oauth2/deviceauth";
        return Results.Json(new Dictionary<string, object>
        {
            ["user_code"] = code.User,
            ["device_code"] = code.Device,
            ["verification_uri"] = page,
            ["expires_in"] = seconds,
            ["interval"] = interval,
            ["message"] = $"To sign in, open {page} and enter the code {code.User}.",
        });
    }

    private async Task<IResult> DecideAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        lock (_gate)
        {
            var entered = form["user_code"].ToString().Trim();
            var code = _codes.Find(each => each.User.Equals(entered, StringComparison.OrdinalIgnoreCase));
            if (code is null || code.Ends <= _context!.Clock.GetUtcNow())
                return Page("That code is not valid. Look again at what the application shows.", withForm: true);
            code.NeedsApproval = _context.Switches.IsOn("adminApproval");
            if (code.NeedsApproval)
                return Page("An administrator of your organization must approve this application first.", withForm: false);
            code.IsDeclined = form["decision"] != "allow";
            code.Account = code.IsDeclined
                ? null
                : _context.Options.Accounts.FirstOrDefault(account => account.Email == form["account"]) ?? _context.Options.Accounts[0];
            var what = code.IsDeclined ? "You have declined." : "You are signed in.";
            return Page($"{what} You may close this page.", withForm: false);
        }
    }

    private long Number(string name) => _context!.Switches.Number(name);

    private IResult Page(string message, bool withForm)
    {
        var accounts = _context!.Options.Accounts
            .Select(account => $"<option value=\"{Html(account.Email)}\">{Html(account.Name)} ({Html(account.Email)})</option>");
        var form = withForm
            ? $"""
            <form method="post">
            <p><label>Code <input name="user_code" required autocomplete="off" autofocus></label></p>
            <p><label>Account <select name="account">{string.Concat(accounts)}</select></label></p>
            <p><button name="decision" value="deny" formnovalidate>Decline</button>
            <button name="decision" value="allow">Allow</button></p>
            </form>
            """
            : "";
        return Results.Content(
            $"""
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Sign in on a device</title>
            <style>{Style}</style>
            <main><h1>Sign in on a device</h1><p>{Html(message)}</p>{form}</main>
            </html>
            """,
            "text/html; charset=utf-8");
    }

    private static string Html(string text) => HtmlEncoder.Default.Encode(text);

    private sealed record DeviceCode(string Device, string User, string ClientId, IReadOnlyList<string> Scopes, DateTimeOffset Ends)
    {
        public EmulatedAccount? Account { get; set; }

        public bool IsDeclined { get; set; }

        public bool NeedsApproval { get; set; }

        public long Interval { get; set; }

        public DateTimeOffset? AskedAt { get; set; }
    }
}
