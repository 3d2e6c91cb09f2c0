namespace ChunkUpload.Core.Connections;

/// <summary>A provider on whose pages users sign in and allow this service to use their storage (OAuth 2 with PKCE).</summary>
public interface ISignInProvider
{
    /// <summary>The kind of the connector that uses this provider.</summary>
    string Kind { get; }

    /// <summary>Gets a value that indicates whether the operator has registered this service there.</summary>
    bool IsConfigured { get; }

    /// <summary>The scopes that users are asked to allow, as the provider names them.</summary>
    IReadOnlyList<string> Scopes { get; }

    /// <summary>Returns the address of the page that the browser opens.</summary>
    Uri AddressOf(SignInRequest request);

    /// <summary>Returns the fault for the error with which the provider redirects a browser back.</summary>
    ConnectionSignInFault FaultOf(string error, string? description);

    /// <summary>Exchanges the code for tokens. It works once.</summary>
    /// <param name="redirect">The redirect address that was sent to the provider.</param>
    Task<Outcome<SignInGrant>> RedeemAsync(string code, string verifier, string redirect, CancellationToken cancellationToken);

    /// <summary>Returns the account and its usage, before there is a connection.</summary>
    Task<Outcome<StorageAccount>> AccountAsync(string accessToken, CancellationToken cancellationToken);

    /// <summary>
    /// A redirect address on which nothing listens. A person copies the address from the browser, so the service needs no public address.
    /// Null if the provider does not support it.
    /// </summary>
    string? LoopbackAddress => null;

    /// <summary>Null if the provider has no codes for other devices.</summary>
    IDeviceSignIn? Device => null;
}

/// <summary>
/// A sign-in on another device (RFC 8628): a person enters a short code on the provider's page in any browser, while this service polls for
/// the outcome.
/// </summary>
public interface IDeviceSignIn
{
    Task<Outcome<DeviceCode>> BeginAsync(CancellationToken cancellationToken);

    /// <param name="code">The code that <see cref="BeginAsync"/> returned.</param>
    Task<DeviceAnswer> AskAsync(string code, CancellationToken cancellationToken);
}

/// <param name="Code">The code with which this service polls. It is secret.</param>
/// <param name="UserCode">The code that the person enters.</param>
/// <param name="Page">The page on which the person enters the code.</param>
/// <param name="Interval">The minimum time between two polls.</param>
public sealed record DeviceCode(string Code, string UserCode, Uri Page, TimeSpan Lasts, TimeSpan Interval)
{
    // The default implementation would write secret members to logs.
    public override string ToString() => nameof(DeviceCode);
}

/// <summary>The provider's response to a poll for a device code.</summary>
public sealed record DeviceAnswer
{
    /// <summary>The person has not decided yet.</summary>
    public static DeviceAnswer Pending { get; } = new();

    /// <summary>The person has not decided yet, and the service polls too often.</summary>
    public static DeviceAnswer TooOften { get; } = new() { IsTooOften = true };

    /// <summary>The provider did not answer.</summary>
    public static DeviceAnswer Away { get; } = new() { IsAway = true };

    public SignInGrant? Grant { get; init; }
    public ConnectionSignInFault? Fault { get; init; }
    public bool IsTooOften { get; private init; }
    public bool IsAway { get; private init; }
}

/// <param name="State">The state parameter, which is sent back with the browser.</param>
/// <param name="Challenge">The SHA-256 of the verifier that is sent with the code.</param>
/// <param name="Account">The account that is expected, which the provider proposes; null means any.</param>
public sealed record SignInRequest(string State, string Challenge, string Redirect, string? Account);

/// <param name="Secret">Null if the provider gave only an access token, which does not last.</param>
/// <param name="Lacks">Required scopes that the user did not allow.</param>
public sealed record SignInGrant(string AccessToken, ConnectionSecret? Secret, IReadOnlyList<string> Lacks)
{
    // The default implementation would write secret members to logs.
    public override string ToString() => nameof(SignInGrant);
}

/// <summary>Why a sign-in at a provider has created no connection. The page has a sentence for each.</summary>
public enum ConnectionSignInFault
{
    /// <summary>It was used before, has expired, or was started in another browser or by another user.</summary>
    Ended = 1,

    /// <summary>The person has refused it.</summary>
    Cancelled,

    /// <summary>The code was not entered in time.</summary>
    Expired,

    /// <summary>An administrator at the provider must approve this service first.</summary>
    NeedsApproval,

    /// <summary>The provider does not accept this service's own client id and secret.</summary>
    AppSecretEnded,

    /// <summary>The person has not allowed all required scopes.</summary>
    ScopesMissing,

    /// <summary>The connection belongs to another account.</summary>
    OtherAccount,

    /// <summary>The user has the maximum number of connections.</summary>
    TooMany,

    /// <summary>The connection was removed in the meantime.</summary>
    Removed,

    /// <summary>The provider does not answer.</summary>
    Away,

    Failed,
}
