namespace ChunkUpload.Emulators.Control;

/// <summary>The faults that change what the emulator knows: sessions, addresses, tokens, space.</summary>
internal static class StateActions
{
    public static Task ApplyAsync(Emulator emulator, EmulatorContext context, FaultAction action)
    {
        switch (action.Kind)
        {
            case "expireSessions":
                emulator.ExpireSessions();
                break;
            case "expireDownloadUrls":
                emulator.ExpireDownloadUrls();
                break;
            case "revokeToken":
                context.OAuth.RevokeAccessTokens(action.Account);
                break;
            case "revokeSignIn":
                context.OAuth.RevokeGrants(action.Account);
                break;
            case "quota":
                emulator.SetQuota(action.Account, action.Bytes);
                break;
            default:
                throw new ControlException($"The fault '{action.Kind}' acts on a request: give it a match.");
        }

        return Task.CompletedTask;
    }
}
