using ChunkUpload.Cli.Sharing;
using ChunkUpload.Client;

namespace ChunkUpload.Cli.Login;

/// <summary>Revokes at the service the key that cu login has made for a profile.</summary>
internal static class KeyEnding
{
    /// <returns>Whether it is revoked, and a sentence that says so, or why it still works.</returns>
    public static async Task<(bool Revoked, string Sentence)> EndAsync(string name, Profile profile, CancellationToken stop)
    {
        if (!profile.IsOwn)
            return (false, "Its key was made elsewhere, and stays valid: revoke it in the console, if nobody needs it.");
        try
        {
            if (KeyStore.Find(name, profile) is not { } secret)
                return (false, "It had no key.");
            using var client = new Target(Target.Address(profile.Url), secret, "", null).Client();
            if (await KeysVerb.FindAsync(client, secret, stop) is not { } key)
                return Left("the service does not list it");
            await client.RevokeKeyAsync(key.Id, stop);
            return (true, "Its key is revoked.");
        }
        catch (TransferException failure) when (failure.Status == 401)
        {
            return (true, "Its key had ended already.");
        }
        catch (TransferException failure)
        {
            return Left(failure.Message.TrimEnd('.'));
        }
        catch (UsageException failure)
        {
            return Left(failure.Message.TrimEnd('.'));
        }
    }

    private static (bool, string) Left(string why) =>
        (false, $"Its key could not be revoked ({why}), and stays valid: revoke it in the console.");
}
