using System.Net.Http.Headers;
using ChunkUpload.Core.Access;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Support;

/// <summary>Makes users and keys in a service.</summary>
internal sealed class TestPeople(TestService service)
{
    /// <summary>Tells tests the id of a client's key; the service knows no such header.</summary>
    public const string KeyHeader = "X-Test-Key";

    public async Task<User> UserAsync(string name, Role role, string tenant = Caller.DefaultTenant)
    {
        var user = new User(
            Guid.NewGuid(), name.ToLowerInvariant(), name, null, true, false, true, false, default, null, [new Membership(tenant, role)]);
        Assert.True(await service.Services.GetRequiredService<IPeopleLedger>().AddUserAsync(user, null, default));
        return user;
    }

    /// <summary>Returns a client with a key of the user.</summary>
    public async Task<HttpClient> ClientAsync(User user, string tenant = Caller.DefaultTenant, Scopes scopes = Scopes.All)
    {
        var (text, shown) = KeySecret.New();
        var key = new ApiKey(Guid.NewGuid(), tenant, user.Id, "mine", shown, scopes, user.Subject, default, null, null, null);
        await service.Services.GetRequiredService<IPeopleLedger>().AddKeyAsync(key, KeySecret.Hash(text), default);
        var client = service.CreateClient(withKey: false);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", text);
        client.DefaultRequestHeaders.Add(KeyHeader, key.Id.ToString("n"));
        return client;
    }
}
