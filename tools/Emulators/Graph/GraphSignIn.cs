using System.Globalization;
using ChunkUpload.Emulators.Control.OAuth;

namespace ChunkUpload.Emulators.Graph;

/// <summary>Microsoft's sign-in: its addresses, its scopes and the numbers of its errors.</summary>
internal static class GraphSignIn
{
    public const string DeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

    private const string Resource = "https://graph.microsoft.com/";

    private static readonly Dictionary<string, string> Short = new()
    {
        ["openid"] = "Sign you in",
        ["profile"] = "See your basic profile",
        ["email"] = "See your address",
        ["offline_access"] = "Keep access to what you have given it access to",
        ["User.Read"] = "Read your profile",
        ["Files.Read"] = "Read your files",
        ["Files.ReadWrite"] = "Have full access to your files",
        ["Files.Read.All"] = "Read all files that you can use",
        ["Files.ReadWrite.All"] = "Have full access to all files that you can use",
        ["Sites.Read.All"] = "Read items in all sites",
        ["Sites.ReadWrite.All"] = "Change items in all sites",
    };

    public static OAuthProfile Profile(GraphDeviceCodes devices, Func<bool> secretHasExpired) => new()
    {
        Brand = "Emulated Microsoft",
        AuthorizePath = "/{tenant}/oauth2/v2.0/authorize",
        TokenPath = "/{tenant}/oauth2/v2.0/token",
        Scopes = Short.Concat(Short.Select(pair => KeyValuePair.Create(Resource + pair.Key, pair.Value)))
            .Append(KeyValuePair.Create(Resource + ".default", "Use what it was registered for"))
            .ToDictionary(),
        GivesRefreshToken = (request, _) => request.Scopes.Contains("offline_access"),
        OtherGrants = (server, values) => values.GetValueOrDefault("grant_type") == DeviceGrant
            ? devices.Redeem(server, values)
            : null,
        Denial = adminApproval => adminApproval
            ? ("consent_required", "AADSTS90094: An administrator of your organization has to approve this application.")
            : ("access_denied", "AADSTS65004: The person did not consent."),
        ErrorBody = (error, description) => Body(error, description, secretHasExpired()),
    };

    private static Dictionary<string, object> Body(string error, string description, bool secretHasExpired)
    {
        var (number, text) = (error, description) switch
        {
            ("invalid_client", _) when secretHasExpired => (7000222, "The client secret of this application has expired. Make a new one."),
            ("invalid_client", _) => (7000215, "The client secret is not valid."),
            ("invalid_grant", var why) when why.Contains("verifier", StringComparison.Ordinal) =>
                (50148, "The code_verifier does not match the code_challenge."),
            ("invalid_grant", var why) when why.Contains("code", StringComparison.Ordinal) =>
                (70008, "The authorization code has expired or was used before."),
            ("invalid_grant", _) => (700082, "The refresh token has expired or was revoked."),
            ("authorization_pending", _) => (70016, "The person has not signed in yet."),
            ("authorization_declined", _) => (70017, "The person has declined."),
            ("consent_required", _) => (90094, "An administrator of your organization has to approve this application."),
            ("slow_down", _) => (70020, description),
            ("expired_token", _) => (70019, "The device code has expired."),
            _ => (900144, description),
        };
        return new Dictionary<string, object>
        {
            ["error"] = error,
            ["error_description"] = string.Create(CultureInfo.InvariantCulture, $"AADSTS{number}: {text}"),
            ["error_codes"] = new[] { number },
            ["trace_id"] = Guid.NewGuid(),
            ["correlation_id"] = Guid.NewGuid(),
        };
    }
}
