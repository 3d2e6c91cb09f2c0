using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ChunkUpload.Core.Access;

/// <summary>Lets a program request a key, a person confirm it, and the program fetch it. No secret is stored in between.</summary>
public sealed class KeyRequests(IKeyRequestLedger ledger, TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>The number of wrong passwords or codes after which a request is refused.</summary>
    public const int MostTries = 5;

    private const int MostWaiting = 1000;

    // A few addresses must not use up the limit for all others.
    private const int MostWaitingOfNetwork = 20;

    private const int SecretBytes = 32;
    private const int Letters = 8;
    private const int MostCodes = 5;

    // No vowels, so that no words appear, and no letters that look alike (RFC 8628, section 6.1).
    private const string Alphabet = "BCDFGHJKLMNPQRSTVWXZ";

    /// <param name="network">The address, or its network if clients can choose their addresses.</param>
    /// <param name="target">Where the browser is redirected; null if the program polls with a device code.</param>
    /// <returns>The request with its device code, or null if too many requests wait.</returns>
    public async Task<(KeyRequest Request, string? Device)?> BeginAsync(
        string program, string? machine, string? address, string network, Scopes scopes, LoopbackTarget? target,
        CancellationToken cancellationToken)
    {
        var device = target is null ? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes)) : null;
        var now = time.GetUtcNow();
        for (var tries = 0; tries < MostCodes; tries++)
        {
            var request = new KeyRequest(
                Guid.NewGuid(), RandomNumberGenerator.GetString(Alphabet, Letters), program, machine, address, scopes, now, now + Lifetime)
            {
                Redirect = target?.Address,
                State = target?.State,
                Pause = Pause,
            };
            var secret = target?.Challenge ?? Hash(device!);
            if (await ledger.AddAsync(request, secret, network, MostWaiting, MostWaitingOfNetwork, cancellationToken))
                return (request, device);
        }

        return null;
    }

    /// <summary>Returns null if no request with this code waits for a person.</summary>
    /// <param name="code">The code as a person typed it.</param>
    public Task<KeyRequest?> FindAsync(string code, CancellationToken cancellationToken)
    {
        var letters = new string([.. code.ToUpperInvariant().Where(char.IsAsciiLetter).Take(Letters + 1)]);
        return letters.Length == Letters
            ? ledger.FindAsync(letters, time.GetUtcNow(), cancellationToken)
            : Task.FromResult<KeyRequest?>(null);
    }

    /// <returns>Whether the request was still waiting, and the code that the browser sends to the program.</returns>
    public async Task<(bool Done, string? Grant)> ConfirmAsync(KeyRequest request, GrantedKey key, CancellationToken cancellationToken)
    {
        var grant = request.Redirect is null ? null : Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var done = await ledger.ConfirmAsync(request, key, grant is null ? null : Hash(grant), time.GetUtcNow(), cancellationToken);
        return (done, grant);
    }

    public Task<bool> RefuseAsync(KeyRequest request, CancellationToken cancellationToken) =>
        ledger.RefuseAsync(request, cancellationToken);

    public Task FailedAsync(KeyRequest request, CancellationToken cancellationToken) =>
        ledger.FailedAsync(request.Id, MostTries, cancellationToken);

    /// <summary>Returns the request of a program with this device code or PKCE verifier.</summary>
    /// <returns>Null if there is none.</returns>
    public Task<KeyRequest?> FindOfProgramAsync(string secret, CancellationToken cancellationToken) =>
        ledger.FindAsync(Hash(secret), cancellationToken);

    /// <returns>False if the program polls too often.</returns>
    public Task<bool> AskedAsync(KeyRequest request, CancellationToken cancellationToken) =>
        ledger.AskedAsync(request.Id, time.GetUtcNow(), Pause, cancellationToken);

    public bool IsExpired(KeyRequest request) => request.ExpiresAt <= time.GetUtcNow();

    /// <returns>The key's secret; null if the browser's code is wrong, or if the key was fetched and used.</returns>
    public async Task<string?> TakeAsync(KeyRequest request, string? grant, CancellationToken cancellationToken)
    {
        var (secret, shown) = KeySecret.New();
        var name = request.Machine is null ? request.Program : $"{request.Program} on {request.Machine}";
        return await ledger.TakeAsync(
            request, grant is null ? null : Hash(grant), Guid.NewGuid(), name, shown, KeySecret.Hash(secret), cancellationToken)
            ? secret
            : null;
    }

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}

/// <summary>
/// The loopback address of a program on the browser's machine, and the challenge that proves that the program started the request.
/// </summary>
/// <param name="Challenge">The SHA-256 of the verifier that the program sends with the code (PKCE).</param>
public sealed record LoopbackTarget(string Address, string? State, byte[] Challenge);
