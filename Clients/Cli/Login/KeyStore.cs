namespace ChunkUpload.Cli.Login;

/// <summary>Keeps the keys of profiles: in the system's keyring where one answers, else in the file of profiles.</summary>
internal static class KeyStore
{
    private const string NoKeyring = "this system has no keyring that cu knows";

    /// <summary>The one of this system; null means cu knows none.</summary>
    private static IKeyring? Keyring { get; } =
        OperatingSystem.IsLinux() ? new LinuxKeyring()
        : OperatingSystem.IsMacOS() ? new MacKeychain()
        : OperatingSystem.IsWindows() ? new WindowsCredentials()
        : null;

    /// <summary>Stores the key, and returns a sentence about the place and the reason.</summary>
    public static (Profile Profile, string Where) Keep(string name, Uri url, string key)
    {
        var why = NoKeyring;
        if (Keyring is { } keyring)
        {
            why = keyring.Store(name, url, key);
            if (why is null && keyring.Find(name, url).Key == key)
                return (new Profile(url.AbsoluteUri, null, InKeyring: true), $"in {keyring.Name}, as it is there");
            why ??= "no keyring answers";
        }

        return (new Profile(url.AbsoluteUri, key), $"in {Settings.File}, which only you can read, because {why}");
    }

    /// <summary>Why a key lies in the file of profiles, and not in a keyring.</summary>
    public static string WhyFile() => Keyring is null
        ? NoKeyring
        : Keyring.Fault() ?? "no keyring answered when it was stored; one does now: run cu login again";

    public static string? Find(string name, Profile profile)
    {
        if (!profile.InKeyring)
            return profile.Key;
        var (key, fault) = Keyring?.Find(name, Target.Address(profile.Url)) ?? (null, NoKeyring);
        return key ?? throw new UsageException(
            $"The keyring has no key for the profile {name}{(fault.Length > 0 ? $" ({fault})" : "")}: run cu login.");
    }

    /// <summary>Returns the profile with its key, which is then no longer stored in the keyring.</summary>
    public static Profile WithKey(string name, Profile profile)
    {
        try
        {
            return profile with { Key = Find(name, profile), InKeyring = false };
        }
        catch (UsageException)
        {
            return profile with { InKeyring = false };
        }
    }

    public static void Forget(string name, Profile profile)
    {
        if (profile.InKeyring)
            Keyring?.Forget(name, Target.Address(profile.Url));
    }
}
