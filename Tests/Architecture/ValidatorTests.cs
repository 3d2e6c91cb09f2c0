using ChunkUpload.Api.Sessions;
using FluentValidation;

namespace ChunkUpload.Tests.Architecture;

/// <summary>Rules are found by the type of a request's body: of two validators for one, one would win and nothing would say so.</summary>
public sealed class ValidatorTests
{
    [Fact]
    public void A_body_has_one_validator()
    {
        var bodies = typeof(NewSessionValidator).Assembly.GetTypes()
            .Where(type => type is { IsAbstract: false, IsGenericTypeDefinition: false })
            .SelectMany(type => type.GetInterfaces()
                .Where(one => one.IsGenericType && one.GetGenericTypeDefinition() == typeof(IValidator<>))
                .Select(one => (Body: one.GenericTypeArguments[0], Validator: type.Name)))
            .GroupBy(one => one.Body, one => one.Validator).ToList();
        Assert.NotEmpty(bodies);
        Assert.Empty(bodies.Where(body => body.Count() > 1).Select(body => $"{body.Key.Name}: {string.Join(", ", body)}"));
    }
}
