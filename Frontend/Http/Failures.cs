using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansGateway.Http;

/// <summary>Answers what went wrong on the way with a problem as well: a body that is malformed or cut off, and what nobody thought of.</summary>
internal sealed partial class Failures(RequestDelegate next, ILogger<Failures> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            await Answer(context, Problem.Malformed(exception.StatusCode, exception.Message));
        }
        catch (IOException exception) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await Answer(context, Problem.Malformed(StatusCodes.Status400BadRequest, exception.Message));
        }
        catch (Exception exception) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            LogFailed(exception, context.Request.Method, context.Request.Path);
            await Answer(context, Problem.Failed);
        }
    }

    private static Task Answer(HttpContext context, Problem problem)
    {
        context.Response.Clear();
        if (!HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            // What is left of the request cannot be told from the next one.
            context.Response.Headers.Connection = "close";
        }

        return problem.Write(context);
    }

    [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogFailed(Exception exception, string method, string path);
}
