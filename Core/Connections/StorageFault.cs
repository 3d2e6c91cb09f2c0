namespace ChunkUpload.Core.Connections;

/// <summary>What a failure at a storage means for the transfer.</summary>
public enum FaultKind
{
    /// <summary>The network or the storage failed; the same may succeed soon.</summary>
    Transient = 1,

    /// <summary>The storage asks for fewer requests.</summary>
    Throttled,

    /// <summary>A daily limit is used up.</summary>
    DailyLimit,

    /// <summary>The destination has no room.</summary>
    Full,

    /// <summary>A disk of this service's machine has no room.</summary>
    Space,

    /// <summary>The sign-in has ended.</summary>
    SignIn,

    /// <summary>An administrator at the provider must approve the application.</summary>
    Approval,

    /// <summary>The secret of the service's own application has ended.</summary>
    AppSecret,

    /// <summary>The upload session at the destination is gone; a new one begins at byte 0.</summary>
    SessionLost,

    /// <summary>The source was changed while it was read.</summary>
    SourceChanged,

    /// <summary>The bytes at the destination are not those of the source.</summary>
    Integrity,

    /// <summary>The id or the name is taken at the destination.</summary>
    Taken,

    /// <summary>The object does not exist, or its owner may no longer see it.</summary>
    Gone,

    /// <summary>The storage refuses the request permanently.</summary>
    Refused,
}

/// <summary>An expected failure at a storage.</summary>
/// <param name="Sentence">For the owner of the transfer, without an address or a secret.</param>
public sealed record StorageFault(FaultKind Kind, string Sentence)
{
    /// <summary>The time that the storage asks to wait.</summary>
    public TimeSpan? After { get; init; }

    /// <summary>Gets a value that indicates whether the same response is also used for a daily limit.</summary>
    public bool MayBeDaily { get; init; }

    /// <summary>Gets a value that indicates whether it failed at the destination.</summary>
    public bool AtDestination { get; init; }
}

/// <summary>Either a value or a failure at a storage.</summary>
public readonly struct Outcome<T>
    where T : class
{
    private Outcome(T? value, StorageFault? fault) => (Value, Fault) = (value, fault);

    public T? Value { get; }
    public StorageFault? Fault { get; }

    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(true, nameof(Value))]
    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(false, nameof(Fault))]
    public bool Ok => Fault is null;

#pragma warning disable CA2225 // The conversions exist so that a method can return either.
    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(StorageFault fault) => new(null, fault);
#pragma warning restore CA2225
}
