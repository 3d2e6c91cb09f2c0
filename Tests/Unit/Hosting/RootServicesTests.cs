using ChunkUpload.Api;
using ChunkUpload.Api.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Unit.Hosting;

public sealed class RootServicesTests
{
    [Fact]
    public async Task No_service_of_ours_lives_shorter_than_the_service()
    {
        var shorter = new List<Type>();
        await using var app = Program.Compose(
            ServiceConfiguration.Load(new ConfigurationSources()),
            services => shorter.AddRange(services.Where(service => service.Lifetime != ServiceLifetime.Singleton).Select(service => service.ServiceType)));

        Assert.DoesNotContain(shorter, type => type.FullName!.StartsWith("ChunkUpload.", StringComparison.Ordinal));
    }
}
