using Microsoft.OpenApi;

namespace ChunkUpload.Api.Swagger;

/// <summary>Serves the contract as OpenAPI at /swagger/v1/swagger.json and as a page at /swagger, without external resources.</summary>
internal static class ContractRegistration
{
    public const string Scheme = "operatorKey";
    public const string Version = "v1";

    public static void AddContract(this IServiceCollection services)
    {
        services.AddSingleton<ContractDocument>();
        services.AddEndpointsApiExplorer();
        services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc(Version, new OpenApiInfo
            {
                Title = "ChunkUpload",
                Version = Version,
                Description = ContractText.Introduction,
            });
            options.AddSecurityDefinition(Scheme, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key, or the operator key: the content of `operator.key` in the data directory.",
            });
            options.SupportNonNullableReferenceTypes();
            options.NonNullableReferenceTypesAsRequired();
            options.CustomSchemaIds(SchemaNames.Of);
            options.DocInclusionPredicate((_, operation) => !ImpliedHead.Is(operation));
            options.OperationFilter<DocumentedOperations>();
            options.DocumentFilter<DocumentedTags>();
            foreach (var assembly in new[] { typeof(ContractRegistration).Assembly, typeof(ServiceHeaders).Assembly })
            {
                var comments = Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".xml");
                if (File.Exists(comments))
                    options.IncludeXmlComments(comments);
            }
        });
    }

    public static void UseContractPages(this WebApplication app)
    {
        var document = app.Services.GetRequiredService<ContractDocument>();
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments("/swagger", StringComparison.OrdinalIgnoreCase),
            pages =>
            {
                pages.Use((context, next) =>
                {
                    // Swagger UI uses inline styles; scripts come only from this origin.
                    context.Response.Headers.ContentSecurityPolicy =
                        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";
                    return next(context);
                });
                pages.Use(ImpliedHead.AskAsGet);
                pages.UseWhen(
                    context => context.Request.Path.Equals(GetContract.Path, StringComparison.OrdinalIgnoreCase)
                        && HttpMethods.IsGet(context.Request.Method),
                    contract => contract.Run(context => GetContract.HandleAsync(context, document)));
                pages.UseSwaggerUI(ui =>
                {
                    ui.DocumentTitle = "ChunkUpload";
                    ui.SwaggerEndpoint("v1/swagger.json", "ChunkUpload v1");
                    ui.DisplayRequestDuration();
                    ui.EnablePersistAuthorization();
                    ui.DefaultModelsExpandDepth(0);
                });
            });
    }
}
