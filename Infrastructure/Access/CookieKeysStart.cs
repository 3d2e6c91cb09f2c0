using System.Security.Cryptography;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Database;
using Dapper;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>
/// Prepares cookies at start: checks that the secret exists and unwraps all keys of the ledger, and sets the instance's name.
/// </summary>
internal sealed class CookieKeysStart(LedgerDatabase database, LedgerKeyRepository keys, CookieSecret secret, InstanceName instance)
    : IStartStep, IConfigureOptions<KeyManagementOptions>
{
    private const string LedgerId = "select id from ledger";
    private const int NameLength = 8;

    public int Order => StartOrder.Access;

    public string Name => "cookie keys";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using (var connection = await database.OpenConnectionAsync(cancellationToken))
        {
            var ledger = await connection.QuerySingleAsync<Guid>(new CommandDefinition(LedgerId, cancellationToken: cancellationToken));
            instance.Set(ledger.ToString("n")[..NameLength]);
        }

        Open();
    }

    /// <summary>Returns whether cookie.key unwraps every key of the ledger.</summary>
    /// <exception cref="StartRefusedException">The file is invalid or cannot be read.</exception>
    public bool AreReadable()
    {
        try
        {
            Open();
            return true;
        }
        catch (CookieSecretLostException)
        {
            return false;
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Configure(KeyManagementOptions options)
    {
        options.XmlRepository = keys;
        options.XmlEncryptor = new SecretXmlEncryptor(secret);
    }

    private void Open()
    {
        var wrapped = keys.GetAllElements().SelectMany(key => key.Descendants(SecretXmlEncryptor.Element)).ToList();
        secret.Open(mayMake: wrapped.Count == 0);
        foreach (var key in wrapped)
        {
            try
            {
                _ = SecretXmlEncryptor.Unwrap(secret, key);
            }
            catch (Exception e) when (e is CryptographicException or FormatException)
            {
                throw secret.Refused("is another service's");
            }
        }
    }
}
