using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.Control.OAuth;

/// <summary>The page on which a person picks an account and agrees to what an application asks for, or refuses.</summary>
internal static class SignInPage
{
    private const string Style = """
        :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
        body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText; }
        main { width: min(26rem, calc(100vw - 3rem)); padding: 1.5rem; border: 1px solid color-mix(in srgb, CanvasText 20%, Canvas);
          border-radius: 12px; }
        h1 { font-size: 1.3rem; margin: 0 0 .25rem; }
        p { margin: .25rem 0 1rem; }
        small { opacity: .7; }
        fieldset { border: 0; padding: 0; margin: 0 0 1rem; }
        legend { font-weight: 600; padding: 0; margin-bottom: .25rem; }
        label { display: flex; gap: .6rem; align-items: center; padding: .55rem .25rem; cursor: pointer; }
        label span { display: grid; overflow-wrap: anywhere; }
        .buttons { display: flex; gap: .75rem; justify-content: flex-end; }
        button { font: inherit; padding: .55rem 1.3rem; border-radius: 8px; border: 1px solid #0b57d0; background: transparent;
          color: inherit; cursor: pointer; }
        button.main { background: #0b57d0; color: #fff; }
        :focus-visible { outline: 3px solid #0b57d0; outline-offset: 2px; }
        """;

    public static IResult Show(
        OAuthProfile profile, IReadOnlyList<EmulatedAccount> accounts, AuthorizationRequest request, string id, bool adminApproval)
    {
        var body = new StringBuilder();
        body.Append($"<h1>Sign in to {Html(profile.Brand)}</h1>");
        body.Append($"<p><strong>{Html(request.ClientId)}</strong> wants to use your files. ");
        body.Append("<small>This is an emulator: no password is asked for.</small></p>");
        body.Append($"<form method=\"post\"><input type=\"hidden\" name=\"request\" value=\"{id}\">");
        body.Append("<fieldset><legend>Account</legend>");
        foreach (var account in accounts)
        {
            var picked = request.LoginHint is { } hint ? account.Email == hint || account.Id == hint : account == accounts[0];
            var mark = picked ? " checked" : "";
            body.Append($"<label><input type=\"radio\" name=\"account\" value=\"{Html(account.Email)}\"{mark} required>");
            body.Append($"<span>{Html(account.Name)}<small>{Html(account.Email)}</small></span></label>");
        }

        body.Append("</fieldset><fieldset><legend>It may</legend>");
        foreach (var scope in request.Scopes)
        {
            body.Append($"<label><input type=\"checkbox\" name=\"scope\" value=\"{Html(scope)}\" checked>");
            body.Append($"<span>{Html(profile.Scopes[scope])}<small>{Html(scope)}</small></span></label>");
        }

        body.Append("</fieldset>");
        if (adminApproval)
            body.Append("<p role=\"alert\">An administrator of your organization must approve this application first.</p>");
        body.Append("<div class=\"buttons\"><button name=\"decision\" value=\"deny\" formnovalidate>Cancel</button>");
        if (!adminApproval)
            body.Append("<button class=\"main\" name=\"decision\" value=\"allow\">Allow</button>");
        body.Append("</div></form>");
        return Page(200, profile, body.ToString());
    }

    public static IResult Refuse(OAuthProfile profile, string error, string message) =>
        Page(400, profile, $"<h1>Access blocked</h1><p>{Html(message)}</p><p><small>Error 400: {Html(error)}</small></p>");

    private static IResult Page(int status, OAuthProfile profile, string body) => Results.Content(
        $"""
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Sign in – {Html(profile.Brand)}</title>
        <style>{Style}</style>
        <main>{body}</main>
        </html>
        """,
        "text/html; charset=utf-8",
        Encoding.UTF8,
        status);

    private static string Html(string text) => HtmlEncoder.Default.Encode(text);
}
