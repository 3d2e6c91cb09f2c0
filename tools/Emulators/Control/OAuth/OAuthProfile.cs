namespace ChunkUpload.Emulators.Control.OAuth;

/// <summary>What differs between vendors' sign-in: addresses, scopes and the form of errors.</summary>
internal sealed record OAuthProfile
{
    /// <summary>Shown on the sign-in page.</summary>
    public required string Brand { get; init; }

    /// <summary>A route pattern: <c>/o/oauth2/v2/auth</c>, <c>/{tenant}/oauth2/v2.0/authorize</c>.</summary>
    public required string AuthorizePath { get; init; }

    public required string TokenPath { get; init; }

    public string? RevokePath { get; init; }

    /// <summary>The scopes that may be asked for, with what the page says about each.</summary>
    public required IReadOnlyDictionary<string, string> Scopes { get; init; }

    /// <summary>
    /// Gets a value that indicates whether this request for authorization ends in a refresh token. The bool says that this client had the
    /// consent before.
    /// </summary>
    public required Func<AuthorizationRequest, bool, bool> GivesRefreshToken { get; init; }

    /// <summary>Grants an additional type at the token address (device code), or returns null for types that it does not know.</summary>
    public Func<OAuthServer, IReadOnlyDictionary<string, string>, TokenAnswer?>? OtherGrants { get; init; }

    /// <summary>The same for types that name no client: what a service account has signed.</summary>
    public Func<OAuthServer, IReadOnlyDictionary<string, string>, TokenAnswer?>? ClientlessGrants { get; init; }

    /// <summary>What the application is told when a person refuses, or (true) when an administrator has to approve first.</summary>
    public Func<bool, (string Error, string? Description)> Denial { get; init; } = _ => ("access_denied", null);

    /// <summary>The body of an error at the token address.</summary>
    public Func<string, string, object> ErrorBody { get; init; } =
        (error, description) => new { error, error_description = description };
}

/// <summary>A client application that may sign people in.</summary>
internal sealed record OAuthClient(string Id, string? Secret, IReadOnlyList<string> RedirectUris);

/// <summary>What a client asked for at the authorization address.</summary>
internal sealed record AuthorizationRequest(
    string ClientId,
    string RedirectUri,
    IReadOnlyList<string> Scopes,
    string? State,
    string? Challenge,
    string ChallengeMethod,
    string? LoginHint,
    IReadOnlyDictionary<string, string> Query);

/// <summary>A person's consent for one client; all its tokens end with it.</summary>
internal sealed class OAuthGrant(string clientId, EmulatedAccount account, IReadOnlyList<string> scopes)
{
    public string ClientId => clientId;

    public EmulatedAccount Account => account;

    public IReadOnlyList<string> Scopes => scopes;

    public bool IsRevoked { get; set; }
}

/// <summary>Whom an access token stands for. Tokens that a test made up have every scope: <see cref="Scopes"/> is null then.</summary>
internal sealed record AccessGrant(EmulatedAccount Account, IReadOnlyList<string>? Scopes);

/// <summary>An answer of the token address.</summary>
internal sealed record TokenAnswer(int Status, object Body);
