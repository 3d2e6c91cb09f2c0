using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Core.Access;

/// <summary>
/// Decides which user signs in with an account of an external issuer. Issuer and subject identify the account. E-mail addresses and names
/// from the issuer never link it to a user.
/// </summary>
public sealed class IssuerSignIns(IIdentityLedger ledger, BrowserSessions links, IPeopleLedger people, TimeProvider time)
{
    /// <summary>The time limit for a sign-in at the issuer.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private const int SuffixDigits = 12;
    private const int LongestName = 64;

    /// <param name="user">The signed-in user who links an account; null if the browser signs in.</param>
    /// <param name="link">The token of an invitation that is accepted with the account.</param>
    /// <returns>The token with which the sign-in continues. It is valid once.</returns>
    public async Task<string> BeginAsync(Guid? user, string? link, CancellationToken cancellationToken)
    {
        var token = BrowserSessions.NewToken();
        var begun = new BegunSignIn(user, link is null ? null : BrowserSessions.Hash(link));
        await ledger.BeginAsync(BrowserSessions.Hash(token), begun, time.GetUtcNow() + Lifetime, cancellationToken);
        return token;
    }

    /// <summary>Returns the sign-in with this token; null if it was taken before or has expired.</summary>
    public Task<BegunSignIn?> TakeAsync(string token, CancellationToken cancellationToken) =>
        ledger.TakeAsync(BrowserSessions.Hash(token), time.GetUtcNow(), cancellationToken);

    /// <summary>Finds the user to whom the account is linked, or links it to the signed-in or invited user.</summary>
    /// <param name="signedIn">The user of the browser's session now.</param>
    /// <param name="create">Creates a user for an account that is linked to no user; null if such accounts are refused.</param>
    public async Task<IssuerEntry> EnterAsync(
        BegunSignIn begun, IssuerAccount account, Guid? signedIn, Func<User>? create, CancellationToken cancellationToken)
    {
        // 1. A signed-in user links the account.
        if (begun.User is { } user)
        {
            if (signedIn != user)
                return IssuerEntry.Refused(IssuerRefusal.OtherSession);
            return await ledger.LinkAsync(user, account, cancellationToken)
                ? new IssuerEntry(await people.FindUserAsync(user, cancellationToken), null)
                : IssuerEntry.Refused(IssuerRefusal.LinkedElsewhere);
        }

        // 2. An invited user accepts the invitation with the account.
        var owner = await ledger.FindAsync(account, cancellationToken);
        if (begun.Link is { } link)
            return await AcceptAsync(link, account, owner, cancellationToken);

        // 3. The user to whom the account is linked signs in. At the first sign-in a user may be created.
        if (owner is null && create is not null)
        {
            var made = create();
            await ledger.AddAsync(made, OtherName(made.Name, account), account, cancellationToken);
            owner = await ledger.FindAsync(account, cancellationToken);
        }

        if (owner is null)
            return IssuerEntry.Refused(IssuerRefusal.NotLinked);
        if (!owner.Enabled)
            return IssuerEntry.Refused(IssuerRefusal.Disabled);
        await ledger.UsedAsync(account, cancellationToken);
        return new IssuerEntry(owner, null);
    }

    private async Task<IssuerEntry> AcceptAsync(byte[] link, IssuerAccount account, User? owner, CancellationToken cancellationToken)
    {
        if (await links.FindLinkAsync(link, cancellationToken) is not { User: { } id }
            || await people.FindUserAsync(id, cancellationToken) is not { } invited)
            return IssuerEntry.Refused(IssuerRefusal.LinkEnded);
        // Check before the link is used, because a refused sign-in must not use up the link.
        if (owner is not null && owner.Id != id)
            return IssuerEntry.Refused(IssuerRefusal.LinkedElsewhere);
        if (!invited.Enabled)
            return IssuerEntry.Refused(IssuerRefusal.Disabled);
        // For a user who has a password, the link is for a new password, which ends older sessions. A second factor also needs its code.
        if (invited.HasPassword || invited.HasSecondFactor)
            return IssuerEntry.Refused(IssuerRefusal.ForPassword);
        if (!await links.UseLinkAsync(link, cancellationToken))
            return IssuerEntry.Refused(IssuerRefusal.LinkEnded);
        return await ledger.LinkAsync(id, account, cancellationToken)
            ? new IssuerEntry(invited, null)
            : IssuerEntry.Refused(IssuerRefusal.LinkedElsewhere);
    }

    // The name depends on the account only, so repeated calls give the same name, and no two accounts share one.
    private static string OtherName(string name, IssuerAccount account)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes($"{account.Issuer}\n{account.Subject}"));
        var suffix = "-" + Convert.ToHexStringLower(digest)[..SuffixDigits];
        return name[..Math.Min(name.Length, LongestName - suffix.Length)] + suffix;
    }
}

/// <param name="User">Null if the sign-in is refused.</param>
public sealed record IssuerEntry(User? User, IssuerRefusal? Refusal)
{
    public static IssuerEntry Refused(IssuerRefusal refusal) => new(null, refusal);
}

/// <summary>Why a sign-in with an account of the issuer is refused.</summary>
public enum IssuerRefusal
{
    /// <summary>The account is linked to no user.</summary>
    NotLinked = 1,

    /// <summary>The account is linked to another user.</summary>
    LinkedElsewhere,

    /// <summary>The user may not sign in.</summary>
    Disabled,

    /// <summary>The browser is not signed in as the user who started the linking.</summary>
    OtherSession,

    /// <summary>The invitation was used or has expired.</summary>
    LinkEnded,

    /// <summary>The link is for a new password.</summary>
    ForPassword,
}
