namespace ChunkUpload.Core.Access;

/// <summary>How a request for a key ended.</summary>
public enum KeyRequestEnd
{
    /// <summary>A person has confirmed it; the key is created when the program fetches it.</summary>
    Confirmed = 1,

    /// <summary>A person has refused it, or has sent too many wrong passwords.</summary>
    Refused,

    /// <summary>The program has its key.</summary>
    Taken,
}

/// <summary>A program that asks for a key of a person, who confirms it in the console.</summary>
/// <param name="Code">Eight letters, which the person compares.</param>
/// <param name="Program">The name that the program reports. It is not verified.</param>
/// <param name="Machine">The name of the program's machine, as the program reports it.</param>
/// <param name="Scopes">The requested scopes. The program gets no more than the person has.</param>
public sealed record KeyRequest(
    Guid Id, string Code, string Program, string? Machine, string? Address, Scopes Scopes, DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt)
{
    /// <summary>The address on the person's machine to which the browser is redirected; null if the program polls.</summary>
    public string? Redirect { get; init; }

    /// <summary>The state parameter that is sent back to that address.</summary>
    public string? State { get; init; }

    /// <summary>Null if it waits for a person.</summary>
    public KeyRequestEnd? End { get; init; }

    /// <summary>The granted key; null until a person confirms.</summary>
    public GrantedKey? Granted { get; init; }

    /// <summary>The minimum time between two polls of the program.</summary>
    public TimeSpan Pause { get; init; }
}

/// <summary>The key that a person has granted to a program.</summary>
/// <param name="User">Null for a key of the tenant.</param>
/// <param name="MadeBy">The subject of the person who granted the key.</param>
public sealed record GrantedKey(string Tenant, Guid? User, string MadeBy, Scopes Scopes, DateTimeOffset? EndsAt);
