namespace ChunkUpload.Emulators.Control;

/// <summary>A person who has an account at the emulated storage.</summary>
internal sealed record EmulatedAccount(string Email, string Name)
{
    /// <summary>Stable, opaque and different for each account, as the vendors' ids are.</summary>
    public string Id { get; } = Ids.Stable("account:" + Email, 21, Ids.Digits);

    public string LocalPart => Email.Split('@')[0];
}

/// <summary>How one emulator is started, from the command line or in the process of a test.</summary>
internal sealed record EmulatorOptions
{
    public static readonly IReadOnlyList<EmulatedAccount> UsualAccounts =
    [
        new("ann@example.test", "Ann Weber"),
        new("ben@example.test", "Ben Okoro"),
    ];

    /// <summary>One address for each listener; port 0 takes a free one. Missing ones get a free port on loopback.</summary>
    public IReadOnlyList<string> Urls { get; init; } = ["http://127.0.0.1:0"];

    /// <summary>Where content is stored. Without it a new temporary folder is used, and removed at the end.</summary>
    public string? DataFolder { get; init; }

    public IReadOnlyList<EmulatedAccount> Accounts { get; init; } = UsualAccounts;

    /// <summary>Seeds the built-in tree of plausible files.</summary>
    public bool Demo { get; init; }

    /// <summary>Hashes uploaded content and throws it away.</summary>
    public bool Sink { get; init; }

    /// <summary>The clients that may sign people in. An empty list accepts every client id, secret and redirect address.</summary>
    public IReadOnlyList<OAuth.OAuthClient> Clients { get; init; } = [];

    /// <summary>PEM files for addresses that begin with https.</summary>
    public string? CertificateFile { get; init; }

    public string? KeyFile { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
