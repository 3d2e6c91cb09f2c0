using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Support;

/// <summary>Adds a handler at the end of the pipeline, for requests that match no endpoint.</summary>
internal sealed class TestEndpoint(RequestDelegate handler) : IStartupFilter
{
    /// <summary>For the <c>replace</c> argument of <see cref="TestService"/>.</summary>
    public static Action<IServiceCollection> With(RequestDelegate handler) =>
        services => services.AddSingleton<IStartupFilter>(new TestEndpoint(handler));

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        next(app);
        app.Run(handler);
    };
}
