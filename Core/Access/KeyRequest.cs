namespace ChunkUpload.Core.Access;

/// <summary>How far a request for a key is.</summary>
public enum KeyRequestEnd
{
    /// <summary>A person has confirmed it; the key is made when the program fetches it.</summary>
    Confirmed = 1,

    /// <summary>A person has refused it, or has sent too many wrong passwords.</summary>
    Refused,

    /// <summary>The program has its key.</summary>
    Taken,
}

/// <summary>A program that asks for a key of a person, who confirms it in the console.</summary>
/// <param name="Code">Eight letters, which the person compares.</param>
/// <param name="Program">What the program says of itself: nobody has verified it.</param>
/// <param name="Machine">The name of its machine, as the program says.</param>
/// <param name="Scopes">What the program asks for; it gets no more than the person has.</param>
public sealed record KeyRequest(
    Guid Id, string Code, string Program, string? Machine, string? Address, Scopes Scopes, DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt)
{
    /// <summary>Where the browser takes the answer, on the person's machine; null: the program asks again and again.</summary>
    public string? Redirect { get; init; }

    /// <summary>What the program gets back at that address.</summary>
    public string? State { get; init; }

    /// <summary>Null: it waits for a person.</summary>
    public KeyRequestEnd? End { get; init; }

    /// <summary>The key that was granted; null before.</summary>
    public GrantedKey? Granted { get; init; }

    /// <summary>How long the program waits between two questions.</summary>
    public TimeSpan Pause { get; init; }
}

/// <summary>The key that a person has granted to a program.</summary>
/// <param name="User">Null: a key of the tenant.</param>
/// <param name="MadeBy">The subject of the person.</param>
public sealed record GrantedKey(string Tenant, Guid? User, string MadeBy, Scopes Scopes, DateTimeOffset? EndsAt);
