using System.Text.Json.Serialization;

namespace ChunkUpload.Api.Access.Devices;

/// <summary>The response to a program that has requested a key (RFC 8628, section 3.2).</summary>
internal sealed record DeviceView
{
    /// <summary>Null if the browser is redirected to the program.</summary>
    [JsonPropertyName("device_code")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DeviceCode { get; init; }

    [JsonPropertyName("user_code")]
    public required string UserCode { get; init; }

    [JsonPropertyName("verification_uri")]
    public required string VerificationUri { get; init; }

    [JsonPropertyName("verification_uri_complete")]
    public required string VerificationUriComplete { get; init; }

    [JsonPropertyName("expires_in")]
    public required int ExpiresIn { get; init; }

    [JsonPropertyName("interval")]
    public required int Interval { get; init; }
}

/// <summary>The key (RFC 6749, section 5.1).</summary>
internal sealed record GrantedTokenView
{
    [JsonPropertyName("access_token")]
    public required string AccessToken { get; init; }

    [JsonPropertyName("token_type")]
    public string TokenType { get; } = "Bearer";

    [JsonPropertyName("scope")]
    public required string Scope { get; init; }

    /// <summary>The lifetime in seconds; missing if it is valid until it is revoked.</summary>
    [JsonPropertyName("expires_in")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ExpiresIn { get; init; }
}

/// <summary>A refusal (RFC 6749, section 5.2).</summary>
internal sealed record OAuthErrorView
{
    [JsonPropertyName("error")]
    public required string Error { get; init; }

    [JsonPropertyName("error_description")]
    public required string Description { get; init; }
}

/// <summary>Builds error responses of OAuth 2.</summary>
internal static class OAuthError
{
    public static JsonAnswer<OAuthErrorView> InvalidRequest(string sentence) => Of("invalid_request", sentence);

    public static JsonAnswer<OAuthErrorView> Of(string error, string sentence) => JsonAnswer.Of(
        new OAuthErrorView { Error = error, Description = sentence }, ApiJson.Out.OAuthErrorView, StatusCodes.Status400BadRequest);
}
