using System.Text;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Connectors;

/// <summary>Common parts of the sign-in addresses and responses of all providers.</summary>
internal static class SignInAddress
{
    public static Uri Of(
        string page, string clientId, IReadOnlyList<string> scopes, SignInRequest request, params ReadOnlySpan<(string, string)> more)
    {
        var text = new StringBuilder(page).Append(page.Contains('?', StringComparison.Ordinal) ? '&' : '?').Append("response_type=code");
        Add("client_id", clientId);
        Add("redirect_uri", request.Redirect);
        Add("scope", string.Join(' ', scopes));
        Add("state", request.State);
        Add("code_challenge", request.Challenge);
        Add("code_challenge_method", "S256");
        if (request.Account is { } account)
            Add("login_hint", account);
        foreach (var (name, value) in more)
            Add(name, value);
        return new Uri(text.ToString());

        void Add(string name, string value) => text.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
    }

    public static Dictionary<string, string> Form(string clientId, string clientSecret, string code, string verifier, string redirect)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["code_verifier"] = verifier,
            ["redirect_uri"] = redirect,
            ["client_id"] = clientId,
        };
        if (clientSecret.Length > 0)
            form["client_secret"] = clientSecret;
        return form;
    }

    /// <summary>Returns the needed scopes that a response does not contain. A scope may have the address of its API as a prefix.</summary>
    /// <param name="given">The granted scopes, separated by spaces; null if they are the requested ones.</param>
    public static IReadOnlyList<string> Lacking(IEnumerable<string> needed, string? given)
    {
        if (given is null)
            return [];
        var names = given.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. needed.Where(scope => !names.Contains(Name(scope)))];
    }

    private static string Name(string scope) => scope[(scope.LastIndexOf('/') + 1)..];
}
